// Whether rows are what they say, before a value of them is read.
#pragma once

#include <cstddef>
#include <string_view>

#include "vetor/similarity.h"
#include "vetor/status.h"

namespace vetor {

/// INVALID_ARGUMENT if there are more rows than a row number can say.
Status CheckRowCount(size_t rows, std::string_view what);

/// INVALID_ARGUMENT if fields or blocks do not hold what `rows` says, or there is no field. `what`
/// names the rows in the message.
Status CheckRows(const VectorRows& rows, std::string_view what);

/// INVALID_ARGUMENT if the two sides cannot be compared: other fields, or blocks on one side alone.
/// A side without rows fits every other. REQUIRES: CheckRows of both.
Status CheckSidesFit(const VectorRows& corpus, const VectorRows& queries);

}  // namespace vetor
