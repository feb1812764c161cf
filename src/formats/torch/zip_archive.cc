#include "formats/torch/zip_archive.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/terminal_text.h"

namespace vetor {
namespace {

constexpr size_t kEndBytes = 22;  // End of central directory, without its comment.
constexpr size_t kMaxCommentBytes = 65535;
constexpr size_t kEntryBytes = 46;    // Central directory entry, without its three fields.
constexpr size_t kLocalBytes = 30;    // Local header, without its two fields.
constexpr size_t kLocatorBytes = 20;  // ZIP64 end of central directory locator.
constexpr size_t kEnd64Bytes = 56;    // ZIP64 end of central directory record.
constexpr uint16_t kZip64Field = 1;
constexpr uint32_t kIn64 = 0xFFFFFFFFU;  // "See the ZIP64 field."

template <typename T>
T Number(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

bool IsAt(std::string_view bytes, uint64_t at, std::string_view signature) {
  return at <= bytes.size() && bytes.substr(at).starts_with(signature);
}

struct Directory {
  uint64_t entries = 0;
  uint64_t size = 0;
  uint64_t offset = 0;
};

std::optional<size_t> FindEnd(std::string_view bytes) {
  if (bytes.size() < kEndBytes) return std::nullopt;
  const size_t last = bytes.size() - kEndBytes;
  const size_t first = last - std::min(last, kMaxCommentBytes);
  for (size_t at = last + 1; at-- > first;) {
    if (IsAt(bytes, at, "PK\5\6") &&
        at + kEndBytes + Number<uint16_t>(bytes, at + 20) == bytes.size()) {
      return at;
    }
  }
  return std::nullopt;
}

Result<Directory> FindDirectory(std::string_view bytes) {
  const auto end = FindEnd(bytes);
  if (!end) return DataLossError("it has no ZIP directory at its end, so it is cut short");
  Directory directory;
  directory.entries = Number<uint16_t>(bytes, *end + 10);
  directory.size = Number<uint32_t>(bytes, *end + 12);
  directory.offset = Number<uint32_t>(bytes, *end + 16);
  uint64_t limit = *end;
  if (*end >= kLocatorBytes && IsAt(bytes, *end - kLocatorBytes, "PK\6\7")) {
    const auto at = Number<uint64_t>(bytes, *end - kLocatorBytes + 8);
    const uint64_t before = *end - kLocatorBytes;
    if (before < kEnd64Bytes || at > before - kEnd64Bytes || !IsAt(bytes, at, "PK\6\6")) {
      return DataLossError("its ZIP64 directory is not where it should be");
    }
    directory.entries = Number<uint64_t>(bytes, at + 32);
    directory.size = Number<uint64_t>(bytes, at + 40);
    directory.offset = Number<uint64_t>(bytes, at + 48);
    limit = at;
  }
  if (directory.offset > limit || directory.size > limit - directory.offset ||
      directory.entries > directory.size / kEntryBytes) {
    return DataLossError("its ZIP directory does not fit in it");
  }
  if (directory.entries > kMaxZipMembers) {
    return UnimplementedError("it has " + std::to_string(directory.entries) +
                              " members, expected at most " + std::to_string(kMaxZipMembers));
  }
  return directory;
}

struct Entry {
  std::string name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint64_t stored = 0;
  uint64_t size = 0;
  uint64_t header = 0;
};

// Sizes and an offset that do not fit into 32 bits stand in the extra field, in this order.
Status ReadZip64Field(std::string_view extra, Entry* entry) {
  while (extra.size() >= 4) {
    const auto id = Number<uint16_t>(extra, 0);
    const size_t length = Number<uint16_t>(extra, 2);
    extra.remove_prefix(4);
    if (length > extra.size()) break;
    std::string_view field = extra.substr(0, length);
    extra.remove_prefix(length);
    if (id != kZip64Field) continue;
    for (uint64_t* number : {&entry->size, &entry->stored, &entry->header}) {
      if (*number != kIn64) continue;
      if (field.size() < sizeof *number) return DataLossError("a ZIP64 field is cut short");
      *number = Number<uint64_t>(field, 0);
      field.remove_prefix(sizeof *number);
    }
    return Status();
  }
  return Status();
}

// Reads the entry at the beginning of `directory` and removes it from there.
Result<Entry> TakeEntry(std::string_view* directory) {
  if (directory->size() < kEntryBytes || !directory->starts_with("PK\1\2")) {
    return DataLossError("its ZIP directory is damaged");
  }
  Entry entry;
  entry.flags = Number<uint16_t>(*directory, 8);
  entry.method = Number<uint16_t>(*directory, 10);
  entry.stored = Number<uint32_t>(*directory, 20);
  entry.size = Number<uint32_t>(*directory, 24);
  entry.header = Number<uint32_t>(*directory, 42);
  const size_t name_bytes = Number<uint16_t>(*directory, 28);
  const size_t extra_bytes = Number<uint16_t>(*directory, 30);
  const size_t comment_bytes = Number<uint16_t>(*directory, 32);
  directory->remove_prefix(kEntryBytes);
  if (name_bytes + extra_bytes + comment_bytes > directory->size()) {
    return DataLossError("its ZIP directory is cut short");
  }
  entry.name = directory->substr(0, name_bytes);
  VETOR_RETURN_IF_ERROR(ReadZip64Field(directory->substr(name_bytes, extra_bytes), &entry));
  directory->remove_prefix(name_bytes + extra_bytes + comment_bytes);
  return entry;
}

// Where the member's bytes begin.
Result<uint64_t> FindContent(std::string_view bytes, const Entry& entry) {
  if ((entry.flags & 1U) != 0) {
    return UnimplementedError("member " + Quoted(entry.name) + " is encrypted");
  }
  if (entry.method != 0 || entry.stored != entry.size) {
    return UnimplementedError("member " + Quoted(entry.name) +
                              " is compressed, as in TorchScript but never in files of torch.save");
  }
  const Status damaged = DataLossError("member " + Quoted(entry.name) + " does not lie in it");
  if (bytes.size() < kLocalBytes || entry.header > bytes.size() - kLocalBytes ||
      !IsAt(bytes, entry.header, "PK\3\4")) {
    return damaged;
  }
  const size_t name_bytes = Number<uint16_t>(bytes, entry.header + 26);
  const uint64_t begin =
      entry.header + kLocalBytes + name_bytes + Number<uint16_t>(bytes, entry.header + 28);
  if (begin > bytes.size() || entry.size > bytes.size() - begin ||
      bytes.substr(entry.header + kLocalBytes, name_bytes) != entry.name) {
    return damaged;
  }
  return begin;
}

}  // namespace

Result<ZipMembers> ReadZip(std::string_view bytes) {
  VETOR_ASSIGN_OR_RETURN(const Directory place, FindDirectory(bytes));
  std::string_view directory = bytes.substr(place.offset, place.size);
  const std::string_view contents = bytes.substr(0, place.offset);
  ZipMembers members;
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (uint64_t i = 0; i < place.entries; ++i) {
    VETOR_ASSIGN_OR_RETURN(const Entry entry, TakeEntry(&directory));
    VETOR_ASSIGN_OR_RETURN(const uint64_t begin, FindContent(contents, entry));
    ranges.emplace_back(entry.header, begin + entry.size);
    if (!members.emplace(entry.name, contents.substr(begin, entry.size)).second) {
      return DataLossError("member " + Quoted(entry.name) + " is in it twice");
    }
  }
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) return DataLossError("its members overlap");
  }
  return members;
}

}  // namespace vetor
