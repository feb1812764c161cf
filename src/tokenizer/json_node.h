// A value inside a tokenizer.json together with its place, so that every error names the key:
// "tokenizer.json: model.unk_id: expected a number from 0 to 3, found 7".
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// A view: the parsed document must outlive it.
class JsonNode {
 public:
  JsonNode(const boost::json::value& value, std::string path)
      : value_(&value), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  const boost::json::value& value() const { return *value_; }

  /// A member that must exist. Errors: this is not an object, no such key.
  Result<JsonNode> Get(std::string_view key) const;
  /// A member that may be absent or null.
  Result<std::optional<JsonNode>> Find(std::string_view key) const;

  Result<std::string_view> String() const;
  Result<bool> Bool() const;
  Result<int64_t> Integer(int64_t min, int64_t max) const;
  Result<double> Number() const;  ///< Finite.
  Result<std::vector<JsonNode>> Elements() const;
  Result<const boost::json::object*> Object() const;

  // Member reads in one step, for the usual types.
  Result<std::string_view> StringAt(std::string_view key) const;
  Result<bool> BoolOr(std::string_view key, bool absent) const;
  Result<bool> BoolAt(std::string_view key) const;
  Result<std::string_view> TypeName() const { return StringAt("type"); }

  /// "PATH: expected EXPECTED, found THIS VALUE".
  Status Expected(std::string_view expected) const;
  /// "PATH: MESSAGE", INVALID_ARGUMENT.
  Status Fault(std::string_view message) const;
  /// UNIMPLEMENTED: a component that vetor does not know. `kind`: "normalizer". `why`: the part of
  /// it that is not known.
  Status Unknown(std::string_view kind, std::string_view name, std::string_view why = {}) const;

 private:
  std::string PathOf(std::string_view key) const;

  const boost::json::value* value_;
  std::string path_;
};

}  // namespace vetor
