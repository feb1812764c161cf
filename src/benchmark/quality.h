// Quality beside speed: Spearman over scored pairs, cosines to a reference precision.
#pragma once

#include "benchmark/session.h"
#include "vetor/status.h"

namespace vetor {

/// Spearman and cosines of each precision.
size_t CountQualitySteps(const BenchmarkSession& session);
Status MeasureQuality(BenchmarkSession* session);

}  // namespace vetor
