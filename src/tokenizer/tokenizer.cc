#include "tokenizer/tokenizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "os/log.h"

namespace vetor {

void LogDifferences(const Tokenizer& tokenizer) {
  const FolderNotes& notes = tokenizer.notes();
  for (const auto& [level, list] : {std::pair(LogLevel::kWarning, &notes.differences),
                                    std::pair(LogLevel::kDebug, &notes.possible_differences)}) {
    if (!list->empty()) Log(level, "{}", fmt::join(*list, "; "));
  }
}

}  // namespace vetor
