// A SentencePiece .model: the protocol buffer ModelProto of sentencepiece_model.proto.
#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/sentencepiece_classes.h"
#include "tokenizer/vocabulary_files.h"

namespace vetor {
namespace {

// One field of a protocol buffer message: a number for wire types 0, 1 and 5, bytes for 2.
struct Field {
  uint64_t number = 0;
  int wire_type = 0;
  uint64_t value = 0;
  std::string_view bytes;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : rest_(message) {}

  /// False at the end and where the message is damaged; ok() tells which.
  bool Next(Field* field) {
    uint64_t key = 0;
    if (rest_.empty() || !(ok_ = Varint(&key))) return false;
    field->number = key >> 3;
    field->wire_type = static_cast<int>(key & 7);
    uint64_t size = 0;
    switch (field->wire_type) {
      case 0:
        return ok_ = Varint(&field->value);
      case 1:
      case 5:
        size = field->wire_type == 1 ? 8 : 4;
        break;
      case 2:
        if (!(ok_ = Varint(&size))) return false;
        break;
      default:
        return ok_ = false;
    }
    if (!(ok_ = size <= rest_.size())) return false;
    field->bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool ok() const { return ok_; }

 private:
  bool Varint(uint64_t* number) {
    *number = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      *number |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  std::string_view rest_;
  bool ok_ = true;
};

bool ReadPiece(std::string_view message, SentencePieceFile* file) {
  FieldReader reader(message);
  Field field;
  std::string_view piece;
  float score = 0;
  uint64_t type = SentencePieceFile::kNormal;
  while (reader.Next(&field)) {
    if (field.number == 1 && field.wire_type == 2) piece = field.bytes;
    if (field.number == 2 && field.wire_type == 5) std::memcpy(&score, field.bytes.data(), 4);
    if (field.number == 3 && field.wire_type == 0) type = field.value;
  }
  if (!reader.ok() || FindInvalidUtf8(piece) != kValidUtf8 || !(score > -1e30F && score < 1e30F)) {
    return false;
  }
  file->pieces.push_back({piece, static_cast<double>(score), type});
  return true;
}

bool ReadTrainerSpec(std::string_view message, SentencePieceFile* file) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 3 && field.wire_type == 0) file->model_type = field.value;
    if (field.number == 40 && field.wire_type == 0) file->unknown_id = field.value;
  }
  return reader.ok();
}

bool ReadNormalizerSpec(std::string_view message, SentencePieceFile* file) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 2 && field.wire_type == 2) file->charsmap = field.bytes;
  }
  return reader.ok();
}

// ModelProto: pieces = 1, trainer_spec = 2, normalizer_spec = 3.
bool ReadModel(std::string_view message, SentencePieceFile* file) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    if (field.wire_type != 2) continue;
    if (field.number == 1 && !ReadPiece(field.bytes, file)) return false;
    if (field.number == 2 && !ReadTrainerSpec(field.bytes, file)) return false;
    if (field.number == 3 && !ReadNormalizerSpec(field.bytes, file)) return false;
  }
  return reader.ok();
}

}  // namespace

// An empty line at the head of a list of words is the same byte as the key of field 1.
bool BeginsWithPiece(std::string_view head) {
  FieldReader reader(head);
  Field field;
  if (!reader.Next(&field) || field.number != 1 || field.wire_type != 2) return false;
  SentencePieceFile file;
  return field.bytes.starts_with('\n') && ReadPiece(field.bytes, &file) &&
         !file.pieces[0].text.empty();
}

Result<boost::json::value> ReadSentencePieceModel(const std::filesystem::path& path,
                                                  FolderFiles* files) {
  VETOR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  SentencePieceFile file;
  if (!ReadModel(bytes, &file) || file.pieces.size() < 4) {
    return DataLossError(fmt::format(
        "{}: not a SentencePiece model, or a damaged one ({} pieces read from {} bytes)",
        path.string(), file.pieces.size(), bytes.size()));
  }
  if (file.model_type != 1) {
    return UnimplementedError(fmt::format(
        "{}: expected a SentencePiece model of type UNIGRAM (1), found type {}; use the model's "
        "tokenizer.json",
        path.string(), file.model_type));
  }
  return ConvertSentencePiece(path, file, files);
}

}  // namespace vetor
