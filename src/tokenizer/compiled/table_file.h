// The file of a compiled tokenizer: the parts that are slow to build from tokenizer.json, as flat
// arrays that are mapped and used in place.
//
//   header, 64 bytes:  "VETORTOK", format version u32, byte order u32, source hash u64,
//                      source bytes u64, options u64, version of the ids u64, file bytes u64,
//                      XXH3-64 of the rest u64
//   sections:          bytes u64, 0 u64, then the values, filled up to a multiple of 16
//
// Sections have no names: they are read in the order in which they were written, and a change of
// order, of a type or of a hash function is a new format version. Numbers are in the machine's byte
// order; a file from a machine with the other one is refused, as is every file that differs from
// what is expected in a single bit. A file is never changed in place, only replaced or deleted, so
// that a map of it stays whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "os/file.h"
#include "tokenizer/compiled/flat_array.h"
#include "tokenizer/ids_version.h"
#include "vetor/status.h"

namespace vetor {

/// The source of a compiled file. Two keys are equal only if the tokenizers are.
struct TableKey {
  uint64_t source_hash = 0;   ///< XXH3-64 of tokenizer.json.
  uint64_t source_bytes = 0;  ///< The file's size.
  /// A hash of TokenizerOptions and of the files beside tokenizer.json; 0 if there are neither.
  uint64_t options = 0;
  uint64_t ids_version = kTokenizerIdsVersion;

  /// The name of the file. It depends on the key and on the format version.
  std::string FileName() const;
};

/// Collects sections in memory. Not thread-safe.
class TableWriter {
 public:
  template <typename T>
  void Add(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    AddBytes({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  void AddText(std::string_view text) { AddBytes(text); }
  void AddNumber(uint64_t number) { Add(std::span<const uint64_t>(&number, 1)); }

  /// Writes the whole file or nothing. Errors: those of AtomicFile.
  Status WriteTo(const std::filesystem::path& path, const TableKey& key) const;

 private:
  void AddBytes(std::string_view bytes);

  std::string body_;
};

/// A mapped file whose checksum was verified, and a place in it. The arrays that Take returns point
/// into the map, so they must not outlive this object. Not thread-safe while sections are taken.
class TableReader {
 public:
  /// Errors: those of MappedFile; DATA_LOSS for a file that is not whole or not made for `key`.
  static Result<std::unique_ptr<TableReader>> Open(const std::filesystem::path& path,
                                                   const TableKey& key);

  /// Returns the next section. DATA_LOSS if there is none, or if it does not hold whole values.
  template <typename T>
  Status Take(FlatArray<T>* values) {
    std::string_view bytes;
    Status status = TakeBytes(sizeof(T), &bytes);
    if (!status.ok()) return status;
    *values = FlatArray<T>(
        std::span<const T>(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)));
    return status;
  }
  Status TakeText(std::string_view* text) { return TakeBytes(1, text); }
  Status TakeNumber(uint64_t* number);

  /// DATA_LOSS if the file was written into since it was opened. Every process that finds the file
  /// touches it (compiled_folder.h), which is not an error: the checksum is then computed once
  /// more. Thread-safe.
  Status Unchanged() const;

 private:
  TableReader() = default;
  Status TakeBytes(size_t value_bytes, std::string_view* bytes);

  bool IsWholeFor(const TableKey& key) const;

  MappedFile file_;
  TableKey key_;
  // the modification time at which it was last found whole
  mutable std::atomic<int64_t> modified_ns_ = 0;
  std::string_view rest_;  // sections that were not taken yet
};

/// DATA_LOSS for a table whose checksum is right but whose content cannot be.
Status BrokenTable(std::string_view what);

}  // namespace vetor
