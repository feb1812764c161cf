#include "base/process_end.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/terminal_text.h"

namespace vetor {

void EndProcess(std::string_view what, std::string_view remedy) {
  const std::string lines = "vetor: " + ForTerminal(what, LineBreaks::kEscape) +
                            "\nvetor: " + ForTerminal(remedy, LineBreaks::kEscape) + "\n";
  std::fputs(lines.c_str(), stderr);
  std::abort();
}

}  // namespace vetor
