// How far each component of a model's vectors reaches: what int8 vectors are made with.
#pragma once

#include <vector>

namespace vetor {

/// The least and the greatest value of each component over some texts' vectors of unit length.
/// Both empty: not known.
struct ComponentRanges {
  std::vector<float> least;     ///< [dim]
  std::vector<float> greatest;  ///< [dim]

  bool operator==(const ComponentRanges&) const = default;
};

}  // namespace vetor
