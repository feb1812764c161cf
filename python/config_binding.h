// Settings between Python and EmbeddingsConfig, by the names of the settings table.
#pragma once

#include <nanobind/nanobind.h>

#include "vetor/embeddings_config.h"

namespace vetor::python {

/// From keywords ("cache_max_mb") to values; None is the default. Throws InvalidArgument for a
/// name, a type or a range.
EmbeddingsConfig ConfigFromKeywords(nanobind::dict keywords);

void BindConfig(nanobind::module_& module);

}  // namespace vetor::python
