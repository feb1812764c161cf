#include "tokenizer/sentencepiece_model.h"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "formats/proto_message.h"
#include "os/file.h"
#include "tokenizer/sentencepiece_classes.h"

namespace vetor {
namespace {

// The fields that are read, named as in sentencepiece_model.proto.
struct ModelField {
  enum : uint32_t { kPieces = 1, kTrainerSpec = 2, kNormalizerSpec = 3 };
};
struct PieceField {
  enum : uint32_t { kPiece = 1, kScore = 2, kType = 3 };
};
struct TrainerField {
  enum : uint32_t { kModelType = 3, kUnkId = 40 };
};
struct NormalizerField {
  enum : uint32_t { kPrecompiledCharsmap = 2 };
};

// A field whose wire type is not the schema's is passed over, as protobuf does. Each function
// throws a ProtoError if the message is damaged.

// Returns false for a piece that is not a text, or whose score is not a number.
bool ReadPiece(ProtoMessage message, SentencePieceFile* file) {
  std::string_view piece;
  float score = 0;
  uint64_t type = SentencePieceFile::kNormal;
  while (message.Next()) {
    if (message.field() == PieceField::kPiece && message.IsBytes()) piece = message.Bytes();
    if (message.field() == PieceField::kScore && message.IsFloat()) score = message.Float();
    if (message.field() == PieceField::kType && message.IsInt()) {
      type = static_cast<uint64_t>(message.Int());
    }
  }
  if (FindInvalidUtf8(piece) != kValidUtf8 || !(score > -1e30F && score < 1e30F)) return false;
  file->pieces.push_back({piece, static_cast<double>(score), type});
  return true;
}

void ReadTrainerSpec(ProtoMessage message, SentencePieceFile* file) {
  while (message.Next()) {
    if (!message.IsInt()) continue;
    if (message.field() == TrainerField::kModelType) {
      file->model_type = static_cast<uint64_t>(message.Int());
    } else if (message.field() == TrainerField::kUnkId) {
      file->unknown_id = static_cast<uint64_t>(message.Int());
    }
  }
}

void ReadNormalizerSpec(ProtoMessage message, SentencePieceFile* file) {
  while (message.Next()) {
    if (message.field() == NormalizerField::kPrecompiledCharsmap && message.IsBytes()) {
      file->charsmap = message.Bytes();
    }
  }
}

bool ReadModel(ProtoMessage message, SentencePieceFile* file) {
  while (message.Next()) {
    if (!message.IsBytes()) continue;
    if (message.field() == ModelField::kPieces) {
      if (!ReadPiece(message.Message(), file)) return false;
    } else if (message.field() == ModelField::kTrainerSpec) {
      ReadTrainerSpec(message.Message(), file);
    } else if (message.field() == ModelField::kNormalizerSpec) {
      ReadNormalizerSpec(message.Message(), file);
    }
  }
  return true;
}

bool ReadWhole(std::string_view bytes, SentencePieceFile* file) {
  try {
    return ReadModel(ProtoMessage(bytes), file);
  } catch (const ProtoError&) {
    return false;
  }
}

}  // namespace

// An empty line at the beginning of a list of words is the same byte as the key of field 1.
bool BeginsWithPiece(std::string_view head) {
  try {
    ProtoMessage message(head);
    if (!message.Next() || message.field() != ModelField::kPieces || !message.IsBytes()) {
      return false;
    }
    const std::string_view piece = message.Bytes();
    SentencePieceFile file;
    return piece.starts_with('\n') && ReadPiece(ProtoMessage(piece), &file) &&
           !file.pieces[0].text.empty();
  } catch (const ProtoError&) {
    return false;
  }
}

Result<boost::json::value> ReadSentencePieceModel(const std::filesystem::path& path,
                                                  FolderFiles* files) {
  VETOR_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  SentencePieceFile file;
  if (!ReadWhole(bytes, &file) || file.pieces.size() < 4) {
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
