// The options of one call, as Python sets them.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>

#include "vetor/embeddings_service.h"

namespace vetor::python {

/// EmbedOptions, with the two that Python says in its own way.
struct CallOptions {
  EmbedOptions embed;             ///< But for `stop`, `deadline` and `progress`.
  std::optional<double> timeout;  ///< In seconds, instead of `deadline`.
  nanobind::object progress = nanobind::none();

  /// The options of a call that begins now. Raises InvalidArgument if `timeout` is NaN.
  EmbedOptions ForCall() const;
};

/// Defines the class CallOptions, with an attribute for each row of ForEachEmbedOption.
void BindCallOptions(nanobind::module_& module);

}  // namespace vetor::python
