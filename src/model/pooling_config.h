// The modes that a Pooling module's config.json names, in either generation of
// sentence-transformers.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <vector>

#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// `config` is the content of `where`. The newer generation has `pooling_mode`, a name or a list of
/// names; the older one boolean keys, whose modes join in the order of kPoolingModes. Without
/// either the mode is the mean, as in sentence-transformers. INVALID_ARGUMENT names the file.
Result<std::vector<PoolingMode>> ReadPoolingModes(const boost::json::object& config,
                                                  const std::filesystem::path& where);

}  // namespace vetor
