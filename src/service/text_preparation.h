// The texts of a call as the model will see them: valid UTF-8, prompt in front.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// Views of the caller's texts if nothing had to change, else of copies of its own. The caller's
/// texts must outlive it.
class PreparedTexts {
 public:
  /// INVALID_ARGUMENT for invalid UTF-8, naming row and byte, unless `replace_invalid`.
  static Result<PreparedTexts> Make(std::span<const std::string_view> texts,
                                    std::string_view prompt, bool replace_invalid);

  size_t size() const { return views_.size(); }
  std::string_view operator[](size_t i) const { return views_[i]; }

 private:
  std::vector<std::string_view> views_;
  std::vector<std::string> copies_;
};

}  // namespace vetor
