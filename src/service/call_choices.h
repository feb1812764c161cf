// What a call says about all of its texts, after the service's own settings, and the keys that
// follow from it.
#pragma once

#include <string>
#include <string_view>

#include "cache/cache_key.h"
#include "engine/engine.h"
#include "engine/long_text.h"
#include "vetor/embeddings_service.h"
#include "vetor/status.h"

namespace vetor {

struct CallChoices {
  std::string prompt;  ///< Before each text.
  OnLong on_long = OnLong::kTruncate;
  /// Before the text in its key: what shapes the vector and does not show in the text.
  std::string key_mark;
};

/// `on_long`: the service's. INVALID_ARGUMENT for a prompt that the model does not have, for
/// one that is not UTF-8, and for a value of no enumerator.
Result<CallChoices> ChooseForCall(const Engine& engine, OnLong on_long,
                                  const EmbedOptions& options);

/// The key of a text with its prompt.
CacheKey KeyOfText(const CacheKeyer& keyer, const CallChoices& choices, std::string_view text);

}  // namespace vetor
