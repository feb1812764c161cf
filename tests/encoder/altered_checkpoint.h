// A tiny checkpoint of tests/data/exporter/families that a test spoils in memory.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "encoder/checkpoint.h"
#include "tests/support/test_paths.h"

namespace vetor::testing {

// A checkpoint with another config.json or other tensors than the one on disk.
class AlteredCheckpoint final : public Checkpoint {
 public:
  explicit AlteredCheckpoint(const std::string& family)
      : family_(family),
        original_(*Checkpoint::Open(testing::TestData("exporter/families") / family)),
        config_(original_->config()) {
    for (const std::string& name : original_->names()) tensors_[name] = *original_->Find(name);
  }

  const std::filesystem::path& folder() const override { return original_->folder(); }
  const boost::json::object& config() const override { return config_; }
  const TensorView* Find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  void DropPages() const override { original_->DropPages(); }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }

  boost::json::object& mutable_config() { return config_; }
  std::map<std::string, TensorView, std::less<>>& tensors() { return tensors_; }

 private:
  std::string family_;
  std::shared_ptr<const Checkpoint> original_;
  boost::json::object config_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

}  // namespace vetor::testing
