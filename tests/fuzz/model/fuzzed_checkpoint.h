// A tiny checkpoint of a family whose config.json a fuzzer has changed.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "encoder/checkpoint.h"

namespace vetor::fuzzing {

class FuzzedCheckpoint final : public Checkpoint {
 public:
  /// Members of `changes` replace those of the original.
  FuzzedCheckpoint(std::shared_ptr<const Checkpoint> original, const boost::json::object& changes)
      : original_(std::move(original)), config_(original_->config()) {
    for (const auto& [key, value] : changes) config_[key] = value;
  }

  const std::filesystem::path& folder() const override { return original_->folder(); }
  const boost::json::object& config() const override { return config_; }
  const TensorView* Find(std::string_view name) const override { return original_->Find(name); }
  std::vector<std::string> names() const override { return original_->names(); }
  void DropPages() const override {}

 private:
  std::shared_ptr<const Checkpoint> original_;
  boost::json::object config_;
};

/// The checkpoints of tests/data/exporter/families, by name.
inline const std::map<std::string, std::shared_ptr<const Checkpoint>>& TinyCheckpoints() {
  static const auto& checkpoints = *[] {
    auto* all = new std::map<std::string, std::shared_ptr<const Checkpoint>>;
    const std::filesystem::path families = VETOR_TEST_DATA_DIR "/exporter/families";
    for (const auto& entry : std::filesystem::directory_iterator(families)) {
      auto checkpoint = Checkpoint::Open(entry.path());
      if (!checkpoint.ok()) std::abort();
      all->emplace(entry.path().filename().string(), *std::move(checkpoint));
    }
    return all;
  }();
  return checkpoints;
}

}  // namespace vetor::fuzzing
