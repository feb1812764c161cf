// Early return on failure, for code that passes Status and Result upwards.
#pragma once

#include "vetor/status.h"

#define VETOR_CONCAT_INNER(a, b) a##b
#define VETOR_CONCAT(a, b) VETOR_CONCAT_INNER(a, b)

/// VETOR_RETURN_IF_ERROR(WriteFile(path));
#define VETOR_RETURN_IF_ERROR(expression)          \
  do {                                             \
    ::vetor::Status vetor_status_ = (expression);  \
    if (!vetor_status_.ok()) return vetor_status_; \
  } while (false)

/// VETOR_ASSIGN_OR_RETURN(auto bytes, ReadFile(path));
#define VETOR_ASSIGN_OR_RETURN(declaration, expression) \
  VETOR_ASSIGN_OR_RETURN_INNER(VETOR_CONCAT(vetor_result_, __LINE__), declaration, expression)
#define VETOR_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                         \
  if (!result.ok()) return std::move(result).status();                \
  declaration = *std::move(result)
