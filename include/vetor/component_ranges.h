// How far each component of a model's vectors reaches. int8 vectors are made with these ranges. A
// plain value: copy it freely, and read one from any number of threads.
#pragma once

#include <vector>

namespace vetor {

/// The least and the greatest value of each component over the vectors of some texts, each of unit
/// length. Both lists are empty if the ranges are not known.
struct ComponentRanges {
  std::vector<float> least;     ///< [dim]
  std::vector<float> greatest;  ///< [dim]

  bool operator==(const ComponentRanges&) const = default;
};

}  // namespace vetor
