// What a run did, for people (a summary on standard error) and for scripts (--stats).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "vetor/metrics.h"
#include "vetor/status.h"

namespace vetor::cli {

struct RunReport {
  std::string command;  ///< "embed"
  uint64_t texts = 0;
  uint64_t tokens = 0;      ///< Tokens of all texts, special tokens included; 0 for hashing.
  uint64_t truncated = 0;   ///< Texts longer than max_length.
  double open_seconds = 0;  ///< Time to open the model.
  double seconds = 0;       ///< Time from then to the end: reading, embedding, writing.
  size_t dim = 0;
  int max_length = 0;
  Metrics metrics;
  boost::json::object extra;  ///< Figures of one command only, added to the JSON.
};

/// One or two lines without the final newline: texts, tokens, rates, memory; model, provider,
/// precision, truncations, cache; and, in capitals, a fallback with its reason.
std::string FormatSummary(const RunReport& report);

/// The keys are listed in the help of --stats.
boost::json::object StatsJson(const RunReport& report);

/// One line of JSON to a file, or to standard output for "-".
Status WriteStats(const std::string& path, const boost::json::object& stats);

}  // namespace vetor::cli
