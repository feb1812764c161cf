#include "tokenizer/compiled/table_file.h"

#include <fmt/format.h>

#include <array>

#include "base/digest.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

// Raise it with every change of the written form, or of the code that reads the form.
constexpr uint32_t kFormatVersion = 4;
constexpr uint32_t kByteOrder = 0x01020304;
constexpr std::array<char, 8> kMagic = {'V', 'E', 'T', 'O', 'R', 'T', 'O', 'K'};
constexpr size_t kAlignment = 16;

struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t version = kFormatVersion;
  uint32_t byte_order = kByteOrder;
  TableKey key;
  uint64_t file_bytes = 0;
  uint64_t checksum = 0;
};
static_assert(sizeof(Header) == 64);

struct SectionHead {
  uint64_t bytes = 0;
  uint64_t zero = 0;
};
static_assert(sizeof(SectionHead) == kAlignment);

Header HeaderFor(const TableKey& key, std::string_view body) {
  Header header;
  header.key = key;
  header.file_bytes = sizeof(Header) + body.size();
  header.checksum = Xxh3(body);
  return header;
}

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

std::string TableKey::FileName() const {
  const std::array<uint64_t, 5> parts = {source_hash, source_bytes, options, ids_version,
                                         kFormatVersion};
  return fmt::format("{:016x}.vtok", Xxh3(BytesOf(parts)));
}

Status BrokenTable(std::string_view what) {
  return DataLossError(fmt::format("compiled tokenizer: {}", what));
}

void TableWriter::AddBytes(std::string_view bytes) {
  body_ += BytesOf(SectionHead{bytes.size()});
  body_ += bytes;
  body_.resize((body_.size() + kAlignment - 1) / kAlignment * kAlignment);
}

Status TableWriter::WriteTo(const std::filesystem::path& path, const TableKey& key) const {
  VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path, NewFileMode::kAsFolder));
  VETOR_RETURN_IF_ERROR(file.Write(BytesOf(HeaderFor(key, body_))));
  VETOR_RETURN_IF_ERROR(file.Write(body_));
  return file.Commit();
}

Result<std::unique_ptr<TableReader>> TableReader::Open(const std::filesystem::path& path,
                                                       const TableKey& key) {
  std::unique_ptr<TableReader> reader(new TableReader());
  VETOR_ASSIGN_OR_RETURN(reader->file_, MappedFile::OpenWatched(path));
  VETOR_ASSIGN_OR_RETURN(const FileStamp stamp, reader->file_.StampNow());
  reader->key_ = key;
  reader->modified_ns_ = stamp.modified_ns;
  const std::string_view bytes = reader->file_.bytes();
  if (!reader->IsWholeFor(key)) {
    return DataLossError(fmt::format("{} is damaged or was made from something else ({} bytes)",
                                     path.string(), bytes.size()));
  }
  reader->rest_ = bytes.substr(sizeof(Header));
  return reader;
}

// Every bit of the header is known beforehand, so a plain comparison checks them all.
bool TableReader::IsWholeFor(const TableKey& key) const {
  const std::string_view bytes = file_.bytes();
  const std::string_view body = bytes.substr(std::min(bytes.size(), sizeof(Header)));
  return bytes.starts_with(BytesOf(HeaderFor(key, body)));
}

Status TableReader::Unchanged() const {
  VETOR_ASSIGN_OR_RETURN(const FileStamp now, file_.StampNow());
  const bool same_size = now.bytes == file_.bytes().size();
  if (same_size && now.modified_ns == modified_ns_) return Status();
  if (same_size && IsWholeFor(key_)) {
    modified_ns_ = now.modified_ns;
    return Status();
  }
  return DataLossError(
      "the compiled tokenizer in the cache folder was written into while it was in use; open the "
      "service again");
}

Status TableReader::TakeBytes(size_t value_bytes, std::string_view* bytes) {
  SectionHead head;
  if (rest_.size() < sizeof head) return BrokenTable("a section is missing");
  std::memcpy(&head, rest_.data(), sizeof head);
  rest_.remove_prefix(sizeof head);
  if (head.bytes > rest_.size() || head.bytes % value_bytes != 0) {
    return BrokenTable(
        fmt::format("a section is said to have {} bytes, expected at most {} and a "
                    "multiple of {}",
                    head.bytes, rest_.size(), value_bytes));
  }
  *bytes = rest_.substr(0, head.bytes);
  rest_.remove_prefix(
      std::min(rest_.size(), (head.bytes + kAlignment - 1) / kAlignment * kAlignment));
  return Status();
}

Status TableReader::TakeNumber(uint64_t* number) {
  FlatArray<uint64_t> values;
  VETOR_RETURN_IF_ERROR(Take(&values));
  if (values.size() != 1) return BrokenTable("expected one number in a section");
  *number = values[0];
  return Status();
}

}  // namespace vetor
