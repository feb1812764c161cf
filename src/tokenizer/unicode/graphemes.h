// Extended grapheme clusters (UAX #29) as far as Precompiled can tell them apart: it looks at whole
// clusters under six bytes only, so regional indicators (four bytes each) need no rule.
#pragma once

#include <cstddef>
#include <string_view>

namespace vetor::unicode {

/// The end of the cluster that begins at `at` < text.size().
size_t ClusterEnd(std::string_view text, size_t at);

}  // namespace vetor::unicode
