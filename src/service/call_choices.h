// The choices of a call for all of its texts, after the service's own settings, and the cache keys
// that follow from them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/cache_key.h"
#include "engine/engine.h"
#include "engine/long_text.h"
#include "vetor/embeddings_service.h"
#include "vetor/status.h"

namespace vetor {

struct CallChoices {
  std::string prompt;  ///< The text that is put before each text.
  OnLong on_long = OnLong::kTruncate;
  /// The end that truncation cuts; unset: as the engine's files say.
  std::optional<TruncationSide> truncation_side = {};
  /// Put before the text in its key: the choices that shape the vector and do not show in the text.
  std::string key_mark;
};

/// `on_long` is the service's setting. INVALID_ARGUMENT for a prompt that the model does not have,
/// for one that is not UTF-8, and for a value that is not in its enumeration.
Result<CallChoices> ChooseForCall(const Engine& engine, OnLong on_long,
                                  const EmbedOptions& options);

/// The key of a text with its prompt.
CacheKey KeyOfText(const CacheKeyer& keyer, const CallChoices& choices, std::string_view text);

}  // namespace vetor
