// A backend that computes slightly wrong, as if a kernel were.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "backend/backend.h"

namespace vetor::testing {

/// Adds `by` to the first component of each vector of `right`.
class ShiftedBackend final : public Backend {
 public:
  ShiftedBackend(std::unique_ptr<Backend> right, float by) : right_(std::move(right)), by_(by) {}
  const BackendTraits& traits() const override { return right_->traits(); }
  Result<BackendOutput> Run(const TokenBatch& batch) override {
    Result<BackendOutput> output = right_->Run(batch);
    if (!output.ok()) return output;
    auto values =
        std::make_shared<std::vector<float>>(output->values.begin(), output->values.end());
    for (size_t i = 0; i < values->size(); i += output->width) (*values)[i] += by_;
    output->values = *values;
    output->owner = values;
    return output;
  }

 private:
  std::unique_ptr<Backend> right_;
  float by_;
};

}  // namespace vetor::testing
