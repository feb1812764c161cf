// Whether a folder is a model that gives embeddings. A cross-encoder or a classifier has an encoder
// too, and a vector would come out of it that means nothing.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// UNIMPLEMENTED names what `source` is instead: a cross-encoder
/// (config_sentence_transformers.json, modules.json), another kind of sentence-transformers model,
/// or a model whose folder says nothing of pooling and that has another head: by one of its classes
/// (...ForSequenceClassification, ...ForTokenClassification, ...ForQuestionAnswering,
/// ...ForMultipleChoice, ...ForNextSentencePrediction), by the keys that CrossEncoder leaves in
/// config.json, or by the head's weights. With a Transformer and a Pooling in modules.json none of
/// these matters. `config` is the transformer's config.json, `tensors` are its weights' names.
/// Errors also as CheckInsideModel and ReadModelConfig.
Status CheckIsEmbedder(const std::filesystem::path& source, const boost::json::object& config,
                       const std::vector<std::string>& tensors);

}  // namespace vetor
