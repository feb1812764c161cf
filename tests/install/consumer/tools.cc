// Uses what vetor::exporter and vetor::benchmark add to the library; the same find_package finds
// them.
#include <cstdio>

#include "vetor/benchmark.h"
#include "vetor/export_model.h"

int main() {
  vetor::ExportOptions options;
  options.source = ".";  // This folder has no checkpoint.
  options.output = "never-made";
  const auto report = vetor::ExportModel(options);
  std::printf("ExportModel: %s\n", report.status().ToString().c_str());
  const auto pairs = vetor::ParseScoredPairs("one,two,0.5\nthree,four,0.1\n");
  std::printf("ParseScoredPairs: %zu\n", pairs.ok() ? pairs->size() : 0);
  return !report.ok() && pairs.ok() && pairs->size() == 2 ? 0 : 1;
}
