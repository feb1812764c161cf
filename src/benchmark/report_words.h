// Names and numbers as the table and the page write them.
#pragma once

#include <string>

#include "vetor/benchmark.h"

namespace vetor {

/// "onnx cpu fp32", "hashing"; with a runtime that was asked for, "onnx cpu fp32 native".
std::string ConfigurationName(const std::string& engine, const std::string& provider,
                              const std::string& precision, const std::string& runtime);

/// What ran a row and why not vetor's own kernels, in a line; empty for hashing.
std::string RuntimeLine(const BenchmarkRow& row);

/// "14,412", or with one decimal below 100.
std::string Grouped(double number);

/// A duration in three digits: "4.5 ms", "0.86 ms", "3.1 us".
std::string Milliseconds(double ms);

/// "14,412 (13,900-15,100)"
std::string WithRange(const Spread& spread);

}  // namespace vetor
