// The bytes of a file that may be compressed, from its beginning to its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "vetor/status.h"

namespace vetor {

/// Reads a plain, gzip or zstd file as its name says (CompressionOf). Several gzip members or zstd
/// frames in one file follow each other. Memory does not grow with the file. Move-only; for one
/// thread.
class UnpackedFile {
 public:
  /// Errors: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT for what is not a file.
  static Result<UnpackedFile> Open(const std::filesystem::path& path);
  UnpackedFile(UnpackedFile&&) noexcept;
  UnpackedFile& operator=(UnpackedFile&&) = delete;
  UnpackedFile(const UnpackedFile&) = delete;
  UnpackedFile& operator=(const UnpackedFile&) = delete;
  ~UnpackedFile();

  /// Appends at least one and at most about 256 KiB of the unpacked bytes to `out`; false at the
  /// end. Errors: DATA_LOSS for bytes that are not of the format, for a file that ends in the
  /// middle of its data and for one that was cut while it was read; RESOURCE_EXHAUSTED for a zstd
  /// window above 128 MiB.
  Result<bool> Read(std::string* out);

  /// Bytes of the file, compressed as they are, that were read so far.
  uint64_t file_bytes_read() const;

 private:
  class FilePieces;
  class Unpacker;
  class PlainBytes;
  class GzipBytes;
  class ZstdBytes;
  explicit UnpackedFile(std::unique_ptr<Unpacker> unpacker);

  std::unique_ptr<Unpacker> unpacker_;
};

}  // namespace vetor
