// The graphs of tests/data/packed/foreign_graphs.tar.xz, which other exporters wrote.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vetor::testing {

/// "bert.optimum.opset_14": family, exporter, operator set. All that are there, by name.
std::vector<std::string> ForeignGraphs();

std::filesystem::path ForeignGraph(const std::string& name);

/// The name of the output that has a vector per token.
std::string TokenOutputOf(const std::string& name);

}  // namespace vetor::testing
