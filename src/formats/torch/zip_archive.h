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

/// Name of a member -> its bytes, windows on what ReadZip was given.
using ZipMembers = std::map<std::string, std::string_view, std::less<>>;

/// A member a tensor; more than any model has.
inline constexpr uint64_t kMaxZipMembers = 1ULL << 20;

/// Reads the central directory, ZIP64 included, and checks every member against its own header.
/// Errors (without the file's name): DATA_LOSS for what is no ZIP, is cut short, or whose members
/// overlap or bear one name twice; UNIMPLEMENTED for a compressed or encrypted member
/// and for more than kMaxZipMembers.
Result<ZipMembers> ReadZip(std::string_view bytes);

}  // namespace vetor
