// "Did you mean": the known name that is nearest to an unknown one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vetor {

/// The name of `known` that takes the fewest edits (Levenshtein). Dotted names may also match in
/// their last part alone, so that "ai.ttl_days" finds "ai.cache.ttl_days", and the first words of
/// a name are one edit from it. The first of equals; empty only if `known` is.
std::string NearestName(std::string_view name, std::span<const std::string> known);

/// Whether `name` may be a slip of the pen for `nearest`: by what is different after their common
/// beginning, at most a third of it and at least two edits.
bool IsNear(std::string_view name, std::string_view nearest);

}  // namespace vetor
