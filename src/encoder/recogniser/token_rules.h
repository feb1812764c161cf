// Rules for embeddings, linear layers and residuals. See rule_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

Status Gather(NodeCall& call);
Status Split(NodeCall& call);
/// Rows of a table by ids, token types, positions or one number; null for other indices.
const Symbol* LookUpRows(NodeCall& call, const Symbol& table, const Symbol& indices);
bool IsTokenVectors(const Symbol& symbol);
const Symbol* AddLookups(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* ScaleWords(NodeCall& call, const Symbol& a, const Symbol& b);
/// The product of token vectors and weights, whatever type they have (half_rules.h).
const Symbol* LinearOf(NodeCall& call, const Symbol& a, const Symbol& b);
/// The same in float32 only.
const Symbol* MultiplyWeights(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddBias(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddResidual(NodeCall& call, const Symbol& a, const Symbol& b);
/// Columns [begin, end) of a linear layer's output.
const Symbol* ColumnsOf(NodeCall& call, const Symbol& linear, int64_t begin, int64_t end);

}  // namespace vetor::recogniser
