#include "python/config_binding.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "python/exceptions.h"
#include "vetor/config_file.h"
#include "vetor/settings.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

// A setting and what messages call it.
struct Keyword {
  const Setting& setting;
  std::string origin;
};

// The bytes of a str. Those of a path that is not UTF-8 come as surrogates, which os.fsdecode makes
// of them; no other text has any.
std::string BytesOf(nb::handle text, const Keyword& keyword) {
  const bool path = keyword.setting.names_path();
  const nb::object bytes =
      nb::steal(path ? PyUnicode_EncodeFSDefault(text.ptr()) : PyUnicode_AsUTF8String(text.ptr()));
  if (bytes.is_valid()) {
    return {PyBytes_AsString(bytes.ptr()), static_cast<size_t>(PyBytes_Size(bytes.ptr()))};
  }
  if (PyErr_ExceptionMatches(PyExc_UnicodeError) == 0) throw nb::python_error();
  PyErr_Clear();
  ThrowStatus(InvalidArgumentError(
      keyword.origin + " = " + nb::repr(text).c_str() +
      " has a lone surrogate, half of a character" +
      (path ? "; expected a path as os.fsdecode gives it" : "; expected text without any")));
}

std::optional<std::string> ToText(nb::handle value, const Keyword& keyword) {
  nb::object path;
  if (!PyUnicode_Check(value.ptr()) && PyObject_HasAttrString(value.ptr(), "__fspath__") != 0) {
    path = nb::steal(PyOS_FSPath(value.ptr()));
    if (!path.is_valid()) throw nb::python_error();
    value = path;
  }
  if (!PyUnicode_Check(value.ptr())) return std::nullopt;
  return BytesOf(value, keyword);
}

std::optional<SettingValue> ToTexts(nb::handle value, const Keyword& keyword) {
  if (!PyList_Check(value.ptr()) && !PyTuple_Check(value.ptr())) return std::nullopt;
  std::vector<std::string> texts;
  for (const nb::handle item : value) {
    std::optional<std::string> text = ToText(item, keyword);
    if (!text) return std::nullopt;
    texts.push_back(*std::move(text));
  }
  return texts;
}

std::optional<SettingValue> ToNumber(nb::handle value, bool whole) {
  if (PyBool_Check(value.ptr())) return std::nullopt;
  if (PyIndex_Check(value.ptr())) {  // int and numpy's integers
    const nb::object index = nb::steal(PyNumber_Index(value.ptr()));
    int overflow = 0;
    const int64_t number = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
    if (overflow != 0) return std::nullopt;
    return whole ? SettingValue(number) : SettingValue(static_cast<double>(number));
  }
  if (whole || PyNumber_Check(value.ptr()) == 0 || PyUnicode_Check(value.ptr()))
    return std::nullopt;
  const double number = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return std::nullopt;
  }
  return number;
}

std::optional<SettingValue> ToSetting(const Keyword& keyword, nb::handle value) {
  switch (keyword.setting.type) {
    case SettingType::kBool:
      if (PyBool_Check(value.ptr())) return SettingValue(value.is(Py_True));
      return std::nullopt;
    case SettingType::kInteger:
      return ToNumber(value, true);
    case SettingType::kNumber:
      return ToNumber(value, false);
    case SettingType::kString:
      if (std::optional<std::string> text = ToText(value, keyword)) return *std::move(text);
      return std::nullopt;
    case SettingType::kStringList:
      return ToTexts(value, keyword);
  }
  return std::nullopt;
}

nb::object FromText(const std::string& text) {
  return nb::steal(
      PyUnicode_DecodeFSDefaultAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
}

nb::object ToPython(const SettingValue& value) {
  struct Writer {
    nb::object operator()(std::monostate) const { return nb::none(); }
    nb::object operator()(bool truth) const { return nb::bool_(truth); }
    nb::object operator()(int64_t number) const { return nb::int_(number); }
    nb::object operator()(double number) const { return nb::float_(number); }
    nb::object operator()(const std::string& text) const { return FromText(text); }
    nb::object operator()(const std::vector<std::string>& texts) const {
      nb::list list;
      for (const std::string& text : texts) list.append(FromText(text));
      return list;
    }
  };
  return std::visit(Writer{}, value);
}

const Setting* FindKeyword(std::string_view name) {
  for (const Setting& setting : SettingsTable()) {
    if (setting.python() == name) return &setting;
  }
  return nullptr;
}

// (keywords, warnings)
nb::tuple ToKeywords(const LoadedConfig& loaded) {
  nb::dict keywords;
  for (const Setting& setting : SettingsTable()) {
    keywords[setting.python().c_str()] = ToPython(setting.get(loaded.config));
  }
  return nb::make_tuple(keywords, loaded.warnings);
}

nb::tuple ReadFile(const std::string& path) { return ToKeywords(ValueOrThrow(LoadConfig(path))); }

nb::tuple ReadDocument(const std::string& text) {
  LoadedConfig loaded;
  ThrowIfError(ApplyConfigText(text, "settings", &loaded));
  return ToKeywords(loaded);
}

}  // namespace

EmbeddingsConfig ConfigFromKeywords(nb::dict keywords) {
  EmbeddingsConfig config;
  for (const auto& [key, value] : keywords) {
    if (value.is_none()) continue;
    const std::string name = nb::cast<std::string>(key);
    const Setting* setting = FindKeyword(name);
    if (setting == nullptr) ThrowStatus(InvalidArgumentError(name + " is not a setting"));
    const Keyword keyword{*setting, "EmbeddingsConfig." + name};
    std::optional<SettingValue> held = ToSetting(keyword, value);
    if (!held) ThrowStatus(SettingError(*setting, nb::repr(value).c_str(), keyword.origin));
    ThrowIfError(CheckSetting(*setting, *held, keyword.origin));
    setting->set(&config, *std::move(held));
  }
  return config;
}

void BindConfig(nb::module_& module) {
  module.def("read_config_file", &ReadFile, nb::arg("path"),
             "(keywords, warnings) of a config.json and the environment.");
  module.def("read_config_document", &ReadDocument, nb::arg("text"),
             "(keywords, warnings) of a document in config.json's form.");
}

}  // namespace vetor::python
