// What stopped a run, in the words of the command: the line of the file, the flag, and where the
// next run begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "vetor/status.h"

namespace vetor::cli {

/// The place of the text with that number among those given to the service: "titles.txt:101".
using TextPlace = std::function<std::string(size_t index)>;

/// An error of EmbeddingsService::Embed. A text that it counts is named by `place`, settings by
/// their flags. DATA_LOSS is the model's files', not the text's: that is left out.
Status NameTextByPlace(const Status& status, const TextPlace& place);

/// How far a run was when it ended.
struct RunState {
  uint64_t done = 0;              ///< Texts.
  std::optional<uint64_t> total;  ///< Where it is known.
  std::string cache_folder;       ///< Keeps the vectors of what was done; empty: nothing does.
  std::string output;             ///< As --output names it; empty: it is whole already.
};

/// Of CANCELLED says how far the run was, what is kept and what is not: "interrupted after 364 of
/// 6,000 texts; their vectors are in FOLDER, and the same command begins there; OUTPUT is as it
/// was". Of DATA_LOSS, what to do. Any other error as it is.
Status ExplainEnd(const Status& status, const RunState& state);

}  // namespace vetor::cli
