// The tiny checkpoints of tests/data/exporter/families, with transformers' answers for them
// (tools/exporter/make_tiny_checkpoints.py).
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "encoder/encoder.h"
#include "tests/exporter/graph/graph_runner.h"
#include "vetor/status.h"

namespace vetor::testing {

struct GoldenBatch {
  std::map<std::string, TokenTable> inputs;
  FloatTable last_hidden_state;  ///< [rows, columns, hidden]
};

std::vector<std::string> TinyFamilies();

/// A family and an operator set, as parameters of a test: every form in which the exporter writes a
/// graph.
using FamilyAndOpset = std::tuple<std::string, int>;
std::vector<FamilyAndOpset> FamiliesAtEveryOpset();
/// "xlm_roberta_opset_12", as the name of its test.
std::string NameOfFamilyAndOpset(const ::testing::TestParamInfo<FamilyAndOpset>& suite);

Result<Encoder> OpenTiny(const std::string& family);

/// Keyed by name: "padded", "unpadded", "one_token", "full_length", and for some "left_padded".
Result<std::map<std::string, GoldenBatch>> ReadGolden(const std::string& family);

/// The largest absolute difference over the tokens that the mask keeps; nullopt if the shapes
/// differ or a value is not finite.
std::optional<double> LargestDifference(const GoldenBatch& golden, const FloatTable& found);

}  // namespace vetor::testing
