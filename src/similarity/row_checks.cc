#include "similarity/row_checks.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "base/status_macros.h"

namespace vetor {
namespace {

// A product of rows and components may be more than size_t holds, so it is never formed.
bool Holds(const VectorField& field, size_t rows) {
  if (rows == 0) return field.values.empty();
  return field.values.size() % rows == 0 && field.values.size() / rows == field.dim;
}

Status CheckField(const VectorField& field, size_t number, const VectorRows& rows,
                  std::string_view what) {
  if (field.dim == 0 && rows.rows > 0) {
    return InvalidArgumentError(
        fmt::format("{}: field {} has vectors of 0 components; expected at least 1", what, number));
  }
  if (!Holds(field, rows.rows)) {
    return InvalidArgumentError(
        fmt::format("{}: field {} holds {} values; expected {} rows x {} components", what, number,
                    field.values.size(), rows.rows, field.dim));
  }
  return Status();
}

}  // namespace

Status CheckRowCount(size_t rows, std::string_view what) {
  if (rows <= std::numeric_limits<uint32_t>::max()) return Status();
  return InvalidArgumentError(fmt::format("{}: {} rows; expected at most {}", what, rows,
                                          std::numeric_limits<uint32_t>::max()));
}

Status CheckRows(const VectorRows& rows, std::string_view what) {
  VETOR_RETURN_IF_ERROR(CheckRowCount(rows.rows, what));
  if (rows.fields.empty() && rows.rows > 0) {
    return InvalidArgumentError(
        fmt::format("{}: {} rows without a field; expected at least one field", what, rows.rows));
  }
  for (size_t i = 0; i < rows.fields.size(); ++i) {
    VETOR_RETURN_IF_ERROR(CheckField(rows.fields[i], i, rows, what));
  }
  if (rows.block.empty() || rows.block.size() == rows.rows) return Status();
  return InvalidArgumentError(
      fmt::format("{}: {} blocks for {} rows; expected one per row, or none", what,
                  rows.block.size(), rows.rows));
}

Status CheckSidesFit(const VectorRows& corpus, const VectorRows& queries) {
  if (corpus.rows == 0 || queries.rows == 0) return Status();
  if (corpus.fields.size() != queries.fields.size()) {
    return InvalidArgumentError(
        fmt::format("the queries have {} fields, the corpus {}; expected the same fields",
                    queries.fields.size(), corpus.fields.size()));
  }
  for (size_t i = 0; i < corpus.fields.size(); ++i) {
    if (corpus.fields[i].dim != queries.fields[i].dim) {
      return InvalidArgumentError(fmt::format(
          "field {} has {} components in the queries and {} in the corpus; expected vectors of one "
          "model",
          i, queries.fields[i].dim, corpus.fields[i].dim));
    }
  }
  if (corpus.block.empty() == queries.block.empty()) return Status();
  return InvalidArgumentError(
      fmt::format("only the {} blocks; expected blocks on both sides or on neither",
                  corpus.block.empty() ? "queries have" : "corpus has"));
}

}  // namespace vetor
