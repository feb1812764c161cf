// Whether a folder is a model that gives embeddings. A cross-encoder or a classifier has an encoder
// too, and a vector would come out of it that means nothing.
#pragma once

#include <boost/json.hpp>
#include <filesystem>

#include "vetor/status.h"

namespace vetor {

/// UNIMPLEMENTED names what `source` is instead: a cross-encoder
/// (config_sentence_transformers.json, modules.json), another kind of sentence-transformers model,
/// or a ...ForSequenceClassification whose folder says nothing of pooling. With a Transformer and a
/// Pooling in modules.json the class does not matter. `config` is the transformer's config.json.
/// Errors also as ReadSourceConfig.
Status CheckIsEmbedder(const std::filesystem::path& source, const boost::json::object& config);

}  // namespace vetor
