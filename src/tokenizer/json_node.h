// A value inside a tokenizer.json together with its place, so that every error can name the key:
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

  /// Returns a member that must exist. Errors: this is not an object, or it has no such key.
  Result<JsonNode> Get(std::string_view key) const;
  /// Returns a member that may be absent or null.
  Result<std::optional<JsonNode>> Find(std::string_view key) const;

  Result<std::string_view> String() const;
  Result<bool> Bool() const;
  Result<int64_t> Integer(int64_t min, int64_t max) const;
  Result<double> Number() const;  ///< A finite number.
  Result<std::vector<JsonNode>> Elements() const;
  Result<const boost::json::object*> Object() const;

  // Reads a member of a usual type in one step.
  Result<std::string_view> StringAt(std::string_view key) const;
  Result<bool> BoolOr(std::string_view key, bool absent) const;
  Result<bool> BoolAt(std::string_view key) const;
  Result<std::string_view> TypeName() const { return StringAt("type"); }

  /// The error "PATH: expected EXPECTED, found THIS VALUE".
  Status Expected(std::string_view expected) const;
  /// The error "PATH: MESSAGE", INVALID_ARGUMENT.
  Status Fault(std::string_view message) const;
  /// The UNIMPLEMENTED error for a component that vetor does not know. `kind` is like "normalizer";
  /// `why` is the part that is not known.
  Status Unknown(std::string_view kind, std::string_view name, std::string_view why = {}) const;

 private:
  std::string PathOf(std::string_view key) const;

  const boost::json::value* value_;
  std::string path_;
};

}  // namespace vetor
