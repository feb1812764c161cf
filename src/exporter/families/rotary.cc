#include "exporter/families/rotary.h"

#include <cmath>
#include <string>

namespace vetor {
namespace {

double NumberOf(const boost::json::object& object, std::string_view key, double otherwise) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<double>() : otherwise;
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

Rotary PlainRotary(double theta, int rotated_dim) {
  Rotary rotary{.theta = theta, .rotated_dim = rotated_dim};
  for (int i = 0; i < rotated_dim / 2; ++i) {
    rotary.inverse_frequencies.push_back(std::pow(theta, -2.0 * i / rotated_dim));
  }
  return rotary;
}

Rotary ScaledRotary(WeightReader* reader, double theta, int rotated_dim) {
  const boost::json::object* scaling = ScalingOf(*reader);
  // By layer type: an object of objects.
  if (scaling != nullptr && scaling->contains("full_attention")) {
    const boost::json::value& full = scaling->at("full_attention");
    scaling = full.is_object() ? &full.get_object() : nullptr;
  }
  const std::string type = scaling == nullptr ? "default" : TypeOf(*scaling);
  if (type == "default") return PlainRotary(theta, rotated_dim);
  const double factor = NumberOf(*scaling, "factor", 0);
  if (factor <= 0) {
    reader->Fail(InvalidArgumentError("config.json: rotary scaling \"" + type +
                                      "\" without a factor above 0"));
    return {};
  }
  if (type == "linear") {
    Rotary rotary = PlainRotary(theta, rotated_dim);
    for (double& frequency : rotary.inverse_frequencies) frequency /= factor;
    return rotary;
  }
  const boost::json::value* mixed = scaling->if_contains("mixed_b");
  if (type == "ntk" && (mixed == nullptr || mixed->is_null())) {
    Rotary rotary = PlainRotary(theta * factor, rotated_dim);
    const double divisor = std::pow(factor, 2.0 / rotated_dim);
    for (double& frequency : rotary.inverse_frequencies) frequency /= divisor;
    return rotary;
  }
  reader->Fail(UnimplementedError("config.json: rotary scaling \"" + type + "\"" +
                                  (type == "ntk" ? " with mixed_b" : "") +
                                  " is not known; there are default, linear and ntk"));
  return {};
}

double RotaryTheta(WeightReader* reader, std::string_view layer_type, std::string_view key,
                   double otherwise) {
  const boost::json::value* parameters = reader->Find("rope_parameters");
  if (parameters != nullptr && parameters->is_object()) {
    const boost::json::object& object = parameters->get_object();
    const boost::json::value* of_type = object.if_contains(layer_type);
    if (of_type != nullptr && of_type->is_object()) {
      return NumberOf(of_type->get_object(), "rope_theta", otherwise);
    }
    if (object.contains("rope_theta")) return NumberOf(object, "rope_theta", otherwise);
  }
  return reader->Number(key, otherwise);
}

}  // namespace vetor
