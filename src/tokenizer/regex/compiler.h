// Compiles the tree of a pattern to the program of the machine.
#pragma once

#include "tokenizer/regex/program.h"
#include "tokenizer/regex/syntax.h"
#include "vetor/status.h"

namespace vetor::regex {

/// Errors: UNIMPLEMENTED names the part that is not known.
Result<Program> CompileSyntax(const Syntax& syntax);

}  // namespace vetor::regex
