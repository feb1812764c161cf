// Settings between Python and EmbeddingsConfig, by the names of the settings table.
#pragma once

#include <nanobind/nanobind.h>

#include "vetor/embeddings_config.h"

namespace vetor::python {

/// Makes a config from keywords ("cache_max_mb") with values; None is the default. Throws
/// InvalidArgument for an unknown name, a wrong type or a value out of range.
EmbeddingsConfig ConfigFromKeywords(nanobind::dict keywords);

void BindConfig(nanobind::module_& module);

}  // namespace vetor::python
