// A SentencePiece .model: the protocol buffer ModelProto of sentencepiece_model.proto.
#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/normalizers/precompiled.h"
#include "tokenizer/vocabulary_files.h"

namespace vetor {
namespace {

namespace json = boost::json;

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

struct SentencePieceFile {
  std::vector<std::string_view> pieces;
  std::vector<double> scores;
  std::string_view charsmap;
  uint64_t model_type = 1;  // TrainerSpec.model_type: 1 is UNIGRAM
  bool byte_fallback = false;
};

bool ReadPiece(std::string_view message, SentencePieceFile* file) {
  FieldReader reader(message);
  Field field;
  std::string_view piece;
  float score = 0;
  while (reader.Next(&field)) {
    if (field.number == 1 && field.wire_type == 2) piece = field.bytes;
    if (field.number == 2 && field.wire_type == 5) std::memcpy(&score, field.bytes.data(), 4);
  }
  if (!reader.ok() || FindInvalidUtf8(piece) != kValidUtf8 || !(score > -1e30F && score < 1e30F)) {
    return false;
  }
  file->pieces.push_back(piece);
  file->scores.push_back(static_cast<double>(score));
  return true;
}

bool ReadTrainerSpec(std::string_view message, SentencePieceFile* file) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 3 && field.wire_type == 0) file->model_type = field.value;
    if (field.number == 35 && field.wire_type == 0) file->byte_fallback = field.value != 0;
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

json::value AddedToken(std::string_view content, bool lstrip) {
  return {{"id", 0},         {"content", content},  {"single_word", false}, {"lstrip", lstrip},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

json::value Special(std::string_view token) {
  return {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
}

json::value Sequence(std::string_view id) { return {{"Sequence", {{"id", id}, {"type_id", 0}}}}; }

json::value Ids(int64_t id) { return {{"ids", json::array{id}}}; }

void Append(json::array* vocab, std::string_view piece, double score) {
  vocab->push_back(json::array{piece, score});
}

// Special tokens first, as fairseq has them, where the file has <unk> <s> </s>.
json::object XlmRoberta(const SentencePieceFile& file) {
  json::array vocab;
  json::array added;
  for (const char* token : {"<s>", "<pad>", "</s>", "<unk>"}) {
    Append(&vocab, token, 0.0);
    added.push_back(AddedToken(token, false));
  }
  for (size_t i = 3; i < file.pieces.size(); ++i) Append(&vocab, file.pieces[i], file.scores[i]);
  Append(&vocab, "<mask>", 0.0);
  added.push_back(AddedToken("<mask>", true));
  const json::value begin = Special("<s>");
  const json::value end = Special("</s>");
  return {{"added_tokens", added},
          {"model", {{"type", "Unigram"}, {"unk_id", 3}, {"vocab", vocab}}},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single", json::array{begin, Sequence("A"), end}},
            {"pair", json::array{begin, Sequence("A"), end, end, Sequence("B"), end}},
            {"special_tokens", {{"<s>", Ids(0)}, {"</s>", Ids(2)}}}}}};
}

json::object T5(const SentencePieceFile& file) {
  constexpr int kExtraIds = 100;
  json::array vocab;
  for (size_t i = 0; i < file.pieces.size(); ++i) Append(&vocab, file.pieces[i], file.scores[i]);
  json::array added;
  for (const char* token : {"<pad>", "</s>", "<unk>"}) added.push_back(AddedToken(token, false));
  for (int i = kExtraIds - 1; i >= 0; --i) {
    const std::string extra = fmt::format("<extra_id_{}>", i);
    Append(&vocab, extra, 0.0);
    added.push_back(AddedToken(extra, false));
  }
  const json::value end = Special("</s>");
  return {{"added_tokens", added},
          {"model", {{"type", "Unigram"}, {"unk_id", 2}, {"vocab", vocab}}},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single", json::array{Sequence("A"), end}},
            {"pair", json::array{Sequence("A"), end, Sequence("B"), end}},
            {"special_tokens", {{"</s>", Ids(1)}}}}}};
}

}  // namespace

Result<Pipeline::Parts> ReadSentencePieceModel(const std::filesystem::path& path) {
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
  json::object document = path.filename() == "spiece.model" ? T5(file) : XlmRoberta(file);
  document["model"].as_object()["byte_fallback"] = file.byte_fallback;
  document["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers", json::array{{{"type", "WhitespaceSplit"}},
                                    {{"type", "Metaspace"}, {"replacement", "\xE2\x96\x81"}}}}};
  VETOR_ASSIGN_OR_RETURN(Pipeline::Parts parts,
                         ParseParts(JsonNode(document, path.string() + ": ")));
  if (!file.charsmap.empty()) {
    auto precompiled = Precompiled::FromCharsmap(file.charsmap);
    if (!precompiled.ok()) {
      return precompiled.status().WithContext(path.string() + ": normalizer_spec");
    }
    parts.normalizer = *std::move(precompiled);
  }
  return parts;
}

}  // namespace vetor
