// Rules for sizes of values, and for the axes of sizes, positions and masks. See rule_table.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "encoder/recogniser/node_call.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Values with more numbers than this are not followed number by number.
inline constexpr size_t kMostSizes = 64;

Status ShapeOfValue(NodeCall& call);
Status Concat(NodeCall& call);
Status Slice(NodeCall& call);
Status Unsqueeze(NodeCall& call);
Status Squeeze(NodeCall& call);
Status Reshape(NodeCall& call);
Status Expand(NodeCall& call);
Status Range(NodeCall& call);
const Symbol* GatherSize(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* AddSizes(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* SubtractSizes(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* MultiplySizes(NodeCall& call, const Symbol& a, const Symbol& b);
const Symbol* DivideSizes(NodeCall& call, const Symbol& a, const Symbol& b);

}  // namespace vetor::recogniser
