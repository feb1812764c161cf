#include "tokenizer/json_node.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace vetor {
namespace {

constexpr size_t kShownBytes = 60;

// The value as a message shows it: the whole value if it is short, otherwise its type.
std::string Shown(const boost::json::value& value) {
  if (value.is_structured()) return JsonTypeName(value);
  const std::string text = boost::json::serialize(value);
  return text.size() <= kShownBytes ? text : JsonTypeName(value);
}

}  // namespace

std::string JsonNode::PathOf(std::string_view key) const {
  return path_.ends_with(": ") ? path_ + std::string(key) : path_ + "." + std::string(key);
}

Status JsonNode::Expected(std::string_view expected) const {
  return InvalidArgumentError(
      fmt::format("{}: expected {}, found {}", path_, expected, Shown(*value_)));
}

Status JsonNode::Fault(std::string_view message) const {
  return InvalidArgumentError(fmt::format("{}: {}", path_, message));
}

Status JsonNode::Unknown(std::string_view kind, std::string_view name, std::string_view why) const {
  // A hostile file may have a megabyte here.
  constexpr size_t kMostShown = 300;
  std::string shown(name.substr(0, kMostShown));
  if (name.size() > kMostShown) {
    while (!shown.empty() && IsContinuationByte(name[shown.size()])) shown.pop_back();
    shown += fmt::format("... ({} bytes)", name.size());
  }
  return UnimplementedError(
      fmt::format("{}: {} \"{}\" is not one that vetor knows{}; it refuses rather than "
                  "approximate; please report it with the file's name",
                  path_, kind, shown, why.empty() ? "" : fmt::format(" ({})", why)));
}

Result<const boost::json::object*> JsonNode::Object() const {
  const auto* object = value_->if_object();
  if (object == nullptr) return Expected("an object");
  return object;
}

Result<std::optional<JsonNode>> JsonNode::Find(std::string_view key) const {
  VETOR_ASSIGN_OR_RETURN(const boost::json::object* object, Object());
  const boost::json::value* member = object->if_contains(key);
  if (member == nullptr || member->is_null()) return std::optional<JsonNode>();
  return std::optional<JsonNode>(JsonNode(*member, PathOf(key)));
}

Result<JsonNode> JsonNode::Get(std::string_view key) const {
  VETOR_ASSIGN_OR_RETURN(const boost::json::object* object, Object());
  const boost::json::value* member = object->if_contains(key);
  if (member == nullptr) {
    return InvalidArgumentError(fmt::format("{}: this key is missing", PathOf(key)));
  }
  return JsonNode(*member, PathOf(key));
}

Result<std::string_view> JsonNode::String() const {
  const auto* string = value_->if_string();
  if (string == nullptr) return Expected("a string");
  return std::string_view(string->data(), string->size());
}

Result<bool> JsonNode::Bool() const {
  const bool* flag = value_->if_bool();
  if (flag == nullptr) return Expected("true or false");
  return *flag;
}

Result<int64_t> JsonNode::Integer(int64_t min, int64_t max) const {
  const int64_t* number = value_->if_int64();
  if (number == nullptr || *number < min || *number > max) {
    return Expected(fmt::format("a whole number from {} to {}", min, max));
  }
  return *number;
}

Result<double> JsonNode::Number() const {
  if (const double* number = value_->if_double(); number != nullptr && std::isfinite(*number)) {
    return *number;
  }
  if (const int64_t* number = value_->if_int64()) return static_cast<double>(*number);
  if (const uint64_t* number = value_->if_uint64()) return static_cast<double>(*number);
  return Expected("a finite number");
}

Result<std::vector<JsonNode>> JsonNode::Elements() const {
  const auto* array = value_->if_array();
  if (array == nullptr) return Expected("an array");
  std::vector<JsonNode> nodes;
  nodes.reserve(array->size());
  for (size_t i = 0; i < array->size(); ++i) {
    nodes.emplace_back((*array)[i], fmt::format("{}[{}]", path_, i));
  }
  return nodes;
}

Result<std::string_view> JsonNode::StringAt(std::string_view key) const {
  VETOR_ASSIGN_OR_RETURN(const JsonNode member, Get(key));
  return member.String();
}

Result<bool> JsonNode::BoolAt(std::string_view key) const {
  VETOR_ASSIGN_OR_RETURN(const JsonNode member, Get(key));
  return member.Bool();
}

Result<bool> JsonNode::BoolOr(std::string_view key, bool absent) const {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> member, Find(key));
  return member ? member->Bool() : Result<bool>(absent);
}

}  // namespace vetor
