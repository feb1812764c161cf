// Files of the repository that say what the table of settings and the lists of metrics and of a
// call's options say: the page docs/settings.md, and parts of the Python package. `write_settings`
// writes them; a test compares them with what they should be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// A file, or the part of one between two lines that hold `begin` and `end`.
struct GeneratedText {
  std::string file;   ///< Relative to the repository.
  std::string begin;  ///< Empty: the whole file.
  std::string end;
  std::string text;  ///< Ends with a line break.
};

std::vector<GeneratedText> GeneratedTexts();

/// `content` with the text in its place. NOT_FOUND if one of the two lines is missing.
Result<std::string> WithGenerated(const GeneratedText& generated, std::string_view content);

}  // namespace vetor
