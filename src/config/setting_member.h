// From a member of a configuration to its row in a table of settings: its type, its default, its
// choices, and how it is read and written. The two tables (settings_table.cc,
// server_settings_table.cc) are lists of TableRow, made from pointers to members.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/argument_check.h"
#include "head/pooling_spec.h"
#include "vetor/settings.h"

namespace vetor {

/// Follows pointers to members: Member<&EmbeddingsConfig::model, &ModelConfig::path>(config).
template <auto First, auto... Rest, typename Object>
auto& Member(Object& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return Member<Rest...>(object.*First);
  }
}

/// The type in which a SettingValue holds a member of the configuration.
template <typename T>
struct MemberTraits;
template <>
struct MemberTraits<bool> {
  using Held = bool;
  static constexpr SettingType kType = SettingType::kBool;
};
template <>
struct MemberTraits<int> {
  using Held = int64_t;
  static constexpr SettingType kType = SettingType::kInteger;
};
template <>
struct MemberTraits<int64_t> : MemberTraits<int> {};
template <>
struct MemberTraits<double> {
  using Held = double;
  static constexpr SettingType kType = SettingType::kNumber;
};
template <>
struct MemberTraits<std::string> {
  using Held = std::string;
  static constexpr SettingType kType = SettingType::kString;
};
/// A setting that may be unset.
template <typename T>
struct MemberTraits<std::optional<T>> : MemberTraits<T> {};
template <>
struct MemberTraits<std::vector<std::string>> {
  using Held = std::vector<std::string>;
  static constexpr SettingType kType = SettingType::kStringList;
};

/// Choices are held as their names in config.json, and pooling modes as names joined with '+'.
template <NamedChoice E>
struct MemberTraits<E> {
  using Held = std::string;
  static constexpr SettingType kType = SettingType::kString;
};
template <>
struct MemberTraits<std::vector<PoolingMode>> : MemberTraits<std::string> {};

template <typename T>
typename MemberTraits<T>::Held ToHeld(const T& value) {
  if constexpr (NamedChoice<T>) {
    return NameOrNumber(value);
  } else if constexpr (std::is_same_v<T, std::vector<PoolingMode>>) {
    return DescribePoolingModes(value);
  } else {
    return typename MemberTraits<T>::Held(value);
  }
}

/// REQUIRES: a value that CheckSetting accepts. An unknown name leaves `member` unchanged.
template <typename T>
void FromHeld(typename MemberTraits<T>::Held held, T* member) {
  if constexpr (NamedChoice<T>) {
    if (const Result<T> parsed = Parse<T>(held, ""); parsed.ok()) *member = *parsed;
  } else if constexpr (std::is_same_v<T, std::vector<PoolingMode>>) {
    member->clear();
    if (held.empty()) return;
    if (Result<T> parsed = ParsePoolingModes(held); parsed.ok()) *member = *std::move(parsed);
  } else {
    *member = static_cast<T>(std::move(held));
  }
}

template <typename T>
inline constexpr bool kMayBeUnset = false;
template <typename T>
inline constexpr bool kMayBeUnset<std::optional<T>> = true;

template <typename Config, auto... Path>
SettingValue GetMember(const Config& config) {
  const auto& member = Member<Path...>(config);
  using T = std::remove_cvref_t<decltype(member)>;
  if constexpr (kMayBeUnset<T>) {
    return member ? SettingValue(ToHeld(*member)) : SettingValue();
  } else {
    return ToHeld(member);
  }
}

template <typename Config, auto... Path>
void SetMember(Config* config, SettingValue value) {
  auto& member = Member<Path...>(*config);
  using T = std::remove_cvref_t<decltype(member)>;
  auto* held = std::get_if<typename MemberTraits<T>::Held>(&value);
  if constexpr (kMayBeUnset<T>) {
    member.reset();
    if (held != nullptr) FromHeld(std::move(*held), &member.emplace());
  } else if (held != nullptr) {
    FromHeld(std::move(*held), &member);
  }
}

/// Adds the choices that the member's type has, if it has any.
template <typename T>
void AddChoices(SettingRow* setting) {
  if constexpr (NamedChoice<T>) {
    setting->form = SettingForm::kChoice;
    setting->choices = NamesOf<T>();
  } else if constexpr (kMayBeUnset<T>) {
    AddChoices<typename T::value_type>(setting);
  } else if constexpr (std::is_same_v<T, std::vector<PoolingMode>>) {
    setting->form = SettingForm::kSum;
    setting->choices = NamesOf<PoolingMode>();
  }
}

/// How a setting is read from and written to its member of the configuration.
template <typename Config>
struct MemberPlace {
  SettingType type;
  SettingValue (*get)(const Config&);
  void (*set)(Config*, SettingValue);
  void (*add_choices)(SettingRow*);
};

/// At<EmbeddingsConfig, &EmbeddingsConfig::model, &ModelConfig::path>()
template <typename Config, auto... Path>
constexpr MemberPlace<Config> At() {
  using T = std::remove_cvref_t<decltype(Member<Path...>(std::declval<Config&>()))>;
  return {MemberTraits<T>::kType, &GetMember<Config, Path...>, &SetMember<Config, Path...>,
          &AddChoices<T>};
}

/// A line of a table as it is written in the source.
template <typename Config>
struct TableRow {
  const char* key;
  MemberPlace<Config> place;
  const char* description;
  double minimum = 0;  ///< Of a number.
  double maximum = 0;
};

/// The rows as users see them; `Row` is Setting or ServerSetting.
template <typename Row, typename Config>
std::vector<Row> MakeSettings(std::span<const TableRow<Config>> lines) {
  std::vector<Row> table;
  for (const TableRow<Config>& line : lines) {
    Row& row = table.emplace_back();
    row.key = line.key;
    row.type = line.place.type;
    row.description = line.description;
    row.get = line.place.get;
    row.set = line.place.set;
    row.default_value = line.place.get(Config());
    line.place.add_choices(&row);
    if (row.type == SettingType::kInteger || row.type == SettingType::kNumber) {
      row.minimum = line.minimum;
      row.maximum = line.maximum;
    }
  }
  return table;
}

}  // namespace vetor
