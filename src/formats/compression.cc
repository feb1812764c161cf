#include "formats/compression.h"

namespace vetor {

Compression CompressionOf(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  for (const Compression compression : {Compression::kGzip, Compression::kZstd}) {
    const std::string_view ending = EndingOf(compression);
    if (name.size() > ending.size() && name.ends_with(ending)) return compression;
  }
  return Compression::kNone;
}

std::string_view EndingOf(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return ".gz";
    case Compression::kZstd:
      return ".zst";
    case Compression::kNone:
      break;
  }
  return "";
}

std::string NameWithoutCompression(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  name.resize(name.size() - EndingOf(CompressionOf(path)).size());
  return name;
}

}  // namespace vetor
