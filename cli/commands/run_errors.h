// Says what stopped a run in terms of the command: the line of the file, the flag, and where the
// next run begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "vetor/status.h"

namespace vetor::cli {

/// The place of text number `index` among the texts given to the service: "titles.txt:101".
using TextPlace = std::function<std::string(size_t index)>;

/// An error of EmbeddingsService::Embed. A text that it names by number is named by `place`, and
/// settings by their flags. DATA_LOSS concerns the model's files and not a text, so the text is
/// left out.
Status NameTextByPlace(const Status& status, const TextPlace& place);

/// How far a run was when it ended.
struct RunState {
  uint64_t done = 0;              ///< Texts.
  std::optional<uint64_t> total;  ///< Unset if it is not known.
  std::string cache_folder;       ///< Keeps the finished vectors; empty: they are not kept.
  std::string output;             ///< As --output names it; empty: it is complete already.
};

/// For CANCELLED, says how far the run was, what is kept and what is not: "interrupted after 364 of
/// 6,000 texts; their vectors are in FOLDER, and the same command continues from there; OUTPUT is
/// as it was". For DATA_LOSS, says what to do. Returns any other error unchanged.
Status ExplainEnd(const Status& status, const RunState& state);

}  // namespace vetor::cli
