#include "encoder/families/rotary.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "base/terminal_text.h"

namespace vetor {
namespace {

constexpr Range kFactorRange = {1e-6, 1e6};

// A member of "rope_scaling" or "rope_parameters" that must lie in `range`.
double NumberOf(WeightReader* reader, const boost::json::object& object, std::string_view key,
                Range range) {
  const boost::json::value* value = object.if_contains(key);
  if (value != nullptr && value->is_number()) {
    const auto number = value->to_number<double>();
    if (number >= range.low && number <= range.high) return number;
  }
  reader->Fail(InvalidArgumentError(fmt::format(
      "config.json: \"{}\" of the rotary positions is {}, expected a number from {} to {}", key,
      value == nullptr ? "missing" : Shown(*value), range.low, range.high)));
  return range.low;
}

bool Says(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && !value->is_null();
}

// "rope_type", in older files "type".
std::string TypeOf(const boost::json::object& object) {
  for (const char* key : {"rope_type", "type"}) {
    const boost::json::value* value = object.if_contains(key);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
  }
  return "default";
}

const boost::json::object* ScalingOf(const WeightReader& reader) {
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const boost::json::value* value = reader.Find(key);
    if (value != nullptr && value->is_object()) return &value->get_object();
  }
  return nullptr;
}

}  // namespace

Rotary PlainRotary(WeightReader* reader, double theta, int rotated_dim) {
  if (rotated_dim < 2 || rotated_dim % 2 != 0) {
    reader->Fail(InvalidArgumentError("config.json: rotary positions turn " +
                                      std::to_string(rotated_dim) +
                                      " components of a head, expected an even number"));
    return {};
  }
  Rotary rotary{.theta = theta, .rotated_dim = rotated_dim};
  for (int i = 0; i < rotated_dim / 2; ++i) {
    rotary.inverse_frequencies.push_back(std::pow(theta, -2.0 * i / rotated_dim));
  }
  return rotary;
}

Rotary ScaledRotary(WeightReader* reader, double theta, int rotated_dim) {
  const boost::json::object* scaling = ScalingOf(*reader);
  // Newer files have one object per layer type.
  if (scaling != nullptr && scaling->contains("full_attention")) {
    const boost::json::value& full = scaling->at("full_attention");
    scaling = full.is_object() ? &full.get_object() : nullptr;
  }
  const std::string type = scaling == nullptr ? "default" : TypeOf(*scaling);
  if (scaling == nullptr || type == "default") return PlainRotary(reader, theta, rotated_dim);
  const double factor = NumberOf(reader, *scaling, "factor", kFactorRange);
  if (type == "linear") {
    Rotary rotary = PlainRotary(reader, theta, rotated_dim);
    for (double& frequency : rotary.inverse_frequencies) frequency /= factor;
    return rotary;
  }
  const boost::json::value* mixed = scaling->if_contains("mixed_b");
  if (type == "ntk" && (mixed == nullptr || mixed->is_null())) {
    Rotary rotary = PlainRotary(reader, theta * factor, rotated_dim);
    const double divisor = std::pow(factor, 2.0 / rotated_dim);
    for (double& frequency : rotary.inverse_frequencies) frequency /= divisor;
    return rotary;
  }
  reader->Fail(UnimplementedError("config.json: rotary scaling " + Quoted(type) +
                                  (type == "ntk" ? " with mixed_b" : "") +
                                  " is not known; expected default, linear or ntk"));
  return {};
}

double RotaryTheta(WeightReader* reader, std::string_view layer_type, std::string_view key,
                   double otherwise) {
  const boost::json::value* parameters = reader->Find("rope_parameters");
  if (parameters != nullptr && parameters->is_object()) {
    const boost::json::object& object = parameters->get_object();
    const boost::json::value* of_type = object.if_contains(layer_type);
    if (of_type != nullptr && of_type->is_object()) {
      const boost::json::object& own = of_type->get_object();
      return Says(own, "rope_theta") ? NumberOf(reader, own, "rope_theta", kThetaRange) : otherwise;
    }
    if (Says(object, "rope_theta")) return NumberOf(reader, object, "rope_theta", kThetaRange);
  }
  return reader->Number(key, otherwise, kThetaRange);
}

}  // namespace vetor
