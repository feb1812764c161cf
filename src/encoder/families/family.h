// The families that can be exported: one function each, one file each. All read a checkpoint whose
// config.json named them and give the one shape that every encoder has.
#pragma once

#include "encoder/encoder.h"
#include "vetor/status.h"

namespace vetor {

/// The remedy for a model that none of these families computes.
inline constexpr const char* kUseGraphOfAuthors =
    "use the ONNX file of the model's authors if there is one (vetor pull fetches onnx/model.onnx)";

/// Errors as ReadEncoder. The result's `checkpoint` and `family` are set by the caller.
Result<Encoder> ReadBert(const Checkpoint& checkpoint);
/// RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions begin behind the padding id.
Result<Encoder> ReadRoberta(const Checkpoint& checkpoint);
Result<Encoder> ReadMpnet(const Checkpoint& checkpoint);
Result<Encoder> ReadDistilbert(const Checkpoint& checkpoint);
Result<Encoder> ReadModernbert(const Checkpoint& checkpoint);
Result<Encoder> ReadNomicBert(const Checkpoint& checkpoint);
/// "new": Alibaba's gte-*-v1.5 and gte-multilingual.
Result<Encoder> ReadNew(const Checkpoint& checkpoint);
Result<Encoder> ReadQwen3(const Checkpoint& checkpoint);
Result<Encoder> ReadGemma3(const Checkpoint& checkpoint);

}  // namespace vetor
