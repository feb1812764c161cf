// The settings table as JSON Schema, https://json-schema.org/draft/2020-12.
#pragma once

#include <boost/json.hpp>

namespace vetor {

/// ConfigSchemaJson (include/vetor/config_file.h) before it becomes a text.
boost::json::object ConfigSchema();

}  // namespace vetor
