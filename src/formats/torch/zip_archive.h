// Finds the members of a ZIP archive that stores them uncompressed, as torch.save does.
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

/// Maps the name of a member to its bytes, which are views into the bytes that ReadZip was given.
using ZipMembers = std::map<std::string, std::string_view, std::less<>>;

/// An archive has one member per tensor; no model has so many.
inline constexpr uint64_t kMaxZipMembers = 1ULL << 20;

/// Reads the central directory, ZIP64 included, and checks every member against its own header.
/// Errors (without the file's name): DATA_LOSS for bytes that are not a ZIP, that are cut short, or
/// whose members overlap or share a name; UNIMPLEMENTED for a compressed or encrypted member and
/// for more than kMaxZipMembers.
Result<ZipMembers> ReadZip(std::string_view bytes);

}  // namespace vetor
