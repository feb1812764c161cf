// The path of the real model, which `make test` makes.
#pragma once

#include <filesystem>
#include <string>

namespace vetor::cli {

inline const std::string kMiniLm = VETOR_SOURCE_DIR "/models/all-MiniLM-L6-v2";

inline bool HaveMiniLm() { return std::filesystem::exists(kMiniLm); }

}  // namespace vetor::cli

#define VETOR_SKIP_WITHOUT_MINILM() \
  if (!HaveMiniLm()) GTEST_SKIP() << kMiniLm << " is not there; `make test` makes it"
