// Extended grapheme clusters (UAX #29) as far as Precompiled can tell them apart: it looks at whole
// clusters under six bytes only. Regional indicators need no rule: with one, which has four bytes,
// a cluster under six has nothing else, and behind two the next cluster begins where it would
// without them.
#pragma once

#include <cstddef>
#include <string_view>

namespace vetor::unicode {

/// The end of the cluster that begins at `at` < text.size().
size_t ClusterEnd(std::string_view text, size_t at);

}  // namespace vetor::unicode
