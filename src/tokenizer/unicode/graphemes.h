// Extended grapheme clusters (UAX #29), as far as Precompiled can tell them apart: it looks only at
// whole clusters under six bytes. Regional indicators need no rule. One has four bytes, so a
// cluster under six bytes holds nothing else; and after two, the next cluster begins where it would
// begin without them.
#pragma once

#include <cstddef>
#include <string_view>

namespace vetor::unicode {

/// Where the cluster ends that begins at `at` < text.size().
size_t ClusterEnd(std::string_view text, size_t at);

}  // namespace vetor::unicode
