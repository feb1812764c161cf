#include "config/config_schema.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json.h"
#include "config/provider_names.h"
#include "config/setting_rows.h"
#include "vetor/config_file.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

namespace json = boost::json;

json::array ToArray(const std::vector<std::string>& strings) {
  return json::array(strings.begin(), strings.end());
}

json::value ToJson(const SettingValue& value) {
  struct Writer {
    json::value operator()(std::monostate) const { return nullptr; }
    json::value operator()(bool truth) const { return truth; }
    json::value operator()(int64_t number) const { return number; }
    json::value operator()(double number) const { return Number(number); }
    json::value operator()(const std::string& text) const { return json::string(text); }
    json::value operator()(const std::vector<std::string>& list) const { return ToArray(list); }

    // Writes 7 and not 7E0.
    static json::value Number(double number) {
      if (std::trunc(number) == number) return static_cast<int64_t>(number);
      return number;
    }
  };
  return std::visit(Writer{}, value);
}

// Constraints on the text of a setting or of an item of its list.
void AddForm(const SettingRow& setting, json::object* schema) {
  switch (setting.form) {
    case SettingForm::kAnyText: {
      const auto* text = std::get_if<std::string>(&setting.default_value);
      const bool item = setting.type == SettingType::kStringList;
      if (item || (text != nullptr && !text->empty())) (*schema)["minLength"] = 1;
      (*schema)["pattern"] = "^[^\\u0000]*$";
      break;
    }
    case SettingForm::kChoice:
      (*schema)["enum"] = ToArray(setting.choices);
      break;
    case SettingForm::kSum: {
      const std::string name = fmt::format("({})", fmt::join(setting.choices, "|"));
      (*schema)["pattern"] = fmt::format("^({0}(\\+{0})*)?$", name);
      break;
    }
    case SettingForm::kProvider: {
      json::array names;
      for (const ProviderName& provider : KnownProviders()) {
        names.emplace_back(provider.short_name);
        names.emplace_back(provider.full_name);
      }
      (*schema)["enum"] = std::move(names);
      break;
    }
  }
}

// The schema of a value other than null; every setting may be null as well.
json::object ValueSchema(const SettingRow& setting) {
  json::object schema;
  switch (setting.type) {
    case SettingType::kBool:
      schema["type"] = "boolean";
      break;
    case SettingType::kInteger:
    case SettingType::kNumber:
      schema["type"] = setting.type == SettingType::kInteger ? "integer" : "number";
      schema["minimum"] = ToJson(*setting.minimum);
      schema["maximum"] = ToJson(*setting.maximum);
      break;
    case SettingType::kString:
      schema["type"] = "string";
      AddForm(setting, &schema);
      break;
    case SettingType::kStringList: {
      json::object items{{"type", "string"}};
      AddForm(setting, &items);
      schema["type"] = "array";
      if (!MayBeEmptyList(setting)) schema["minItems"] = 1;
      schema["items"] = std::move(items);
      break;
    }
  }
  return schema;
}

json::object SettingSchema(const SettingRow& setting) {
  return {{"description", setting.description},
          {"default", ToJson(setting.default_value)},
          {"anyOf", json::array{ValueSchema(setting), json::object{{"type", "null"}}}}};
}

json::object SectionSchema(std::string_view description) {
  return {{"description", description},
          {"type", json::array{"object", "null"}},
          {"additionalProperties", false},
          {"properties", json::object()}};
}

std::string_view SectionDescription(std::string_view name) {
  return name == "onnx"     ? "The model and how ONNX Runtime runs it."
         : name == "cache"  ? "Where computed vectors are kept."
         : name == "server" ? "How vetor serve answers; other commands do not look at it."
                            : "";
}

}  // namespace

json::object ConfigSchema() {
  json::object ai = SectionSchema("Settings of vetor.");
  for (const SettingRow* row : AllSettingRows()) {
    // "ai.cache.dir": into ai, then into cache.
    std::string_view rest = std::string_view(row->key).substr(3);
    json::object* section = &ai;
    for (size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      const std::string_view name = rest.substr(0, dot);
      json::object& properties = section->at("properties").as_object();
      if (!properties.contains(name)) properties[name] = SectionSchema(SectionDescription(name));
      section = &properties.at(name).as_object();
      rest.remove_prefix(dot + 1);
    }
    section->at("properties").as_object()[rest] = SettingSchema(*row);
  }
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "vetor configuration"},
          {"description", "Only the section `ai` is vetor's; others belong to the application."},
          {"type", "object"},
          {"properties", json::object{{"ai", std::move(ai)}}}};
}

std::string ConfigSchemaJson() { return json::serialize(ConfigSchema()); }

}  // namespace vetor
