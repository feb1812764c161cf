// Changes of a graph, and what becomes of it: refused, or computed as ONNX Runtime computes it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "formats/onnx/onnx_model.h"

namespace vetor::testing {

enum class Outcome { kRefused, kRight, kWrong, kNoModel };

struct Mutation {
  std::string name;
  std::function<void(OnnxModel*)> change;
};

/// Each node from `first` on and each constant that they read, changed in each way that there is
/// here.
std::vector<Mutation> MutationsOf(const OnnxModel& model, size_t first = 0);

/// No component of a right vector differs by more.
inline constexpr double kMostMutatedDifference = 1e-5;

struct Judge {
  std::filesystem::path path;  ///< Where the changed graph is written.
  std::string output = "last_hidden_state";
  bool alone = false;  ///< ONNX Runtime runs the graph for one text at a time only.
};

/// What becomes of a changed graph, and why.
Outcome OutcomeOf(const OnnxModel& model, const Judge& judge, std::string* why);

}  // namespace vetor::testing
