// How the bytes of a file are packed, by the ending of its name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vetor {

enum class Compression {
  kNone,
  kGzip,  ///< ".gz" (RFC 1952)
  kZstd,  ///< ".zst" (RFC 8878)
};

Compression CompressionOf(const std::filesystem::path& path);

/// ".gz", ".zst", or "".
std::string_view EndingOf(Compression compression);

/// The file's name without the ending of its compression: "part-1.jsonl" of "in/part-1.jsonl.zst".
std::string NameWithoutCompression(const std::filesystem::path& path);

}  // namespace vetor
