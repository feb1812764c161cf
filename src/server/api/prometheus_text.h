// The text of /metrics, in Prometheus' format. docs/metrics.md lists the names.
#pragma once

#include <string>

#include "server/api/exchange.h"

namespace vetor {

/// A snapshot. Labels are routes of the table, status codes, names of models, levels of the cache
/// and stages: their number does not grow with what clients send.
std::string PrometheusText(const ApiState& state);

}  // namespace vetor
