// A file that is written from its beginning to its end, compressed if its format says so.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "formats/compression.h"
#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// The file appears whole in Finish, or not at all (AtomicFile). The same bytes, written in any
/// pieces, give the same file: gzip's header holds no time and no name, and zstd (level 3, with a
/// checksum) uses one thread. Move-only; for one thread.
class PackedFile {
 public:
  static Result<PackedFile> Create(const std::filesystem::path& path, Compression compression);
  PackedFile(PackedFile&&) noexcept;
  PackedFile& operator=(PackedFile&&) = delete;
  PackedFile(const PackedFile&) = delete;
  PackedFile& operator=(const PackedFile&) = delete;
  ~PackedFile();

  /// Errors: those of writing (RESOURCE_EXHAUSTED for a full disk).
  Status Write(std::string_view bytes);
  /// Writes what is left, flushes to disk and gives the file its name.
  Status Finish();

 private:
  class Packer;
  class PlainPacker;
  class GzipPacker;
  class ZstdPacker;
  explicit PackedFile(std::unique_ptr<Packer> packer);

  std::unique_ptr<Packer> packer_;
};

}  // namespace vetor
