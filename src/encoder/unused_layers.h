// Layers that a checkpoint has and its encoder does not use.
#pragma once

#include <set>
#include <span>
#include <string>

namespace vetor {

/// Tensors of `names` that lie beside used ones under another number, as
/// "encoder.layer.5.output.bias" beside "encoder.layer.0...": "the weights of layers 3 to 5 of
/// encoder.layer are not used, ...". Empty: there are none.
std::string DescribeUnusedLayers(std::span<const std::string> names,
                                 const std::set<std::string, std::less<>>& used);

}  // namespace vetor
