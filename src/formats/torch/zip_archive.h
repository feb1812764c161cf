// The members of a ZIP archive whose content lies in it uncompressed, as torch.save writes them.
//
// Source of the format: PKWARE's APPNOTE.TXT 6.3.10 (sections 4.3.7, 4.3.12 to 4.3.16, 4.5.3).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Name of a member -> its bytes, views into the bytes that ReadZip was given.
using ZipMembers = std::map<std::string, std::string_view, std::less<>>;

/// An archive has one member per tensor; no model has as many.
inline constexpr uint64_t kMaxZipMembers = 1ULL << 20;

/// Reads the central directory, ZIP64 included, and checks every member against its own header.
/// Errors (without the file's name): DATA_LOSS for bytes that are not a ZIP, are cut short, or
/// have members that overlap or bear one name twice; UNIMPLEMENTED for a compressed or encrypted
/// member and for more than kMaxZipMembers.
Result<ZipMembers> ReadZip(std::string_view bytes);

}  // namespace vetor
