// Which values a setting accepts: the checks, the text of their errors, and the parsing of flags
// and variables.
#include "vetor/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/ascii.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "config/header_check.h"
#include "config/provider_names.h"
#include "config/setting_rows.h"

namespace vetor {
namespace {

constexpr size_t kMaxShownValue = 100;

template <typename Predicate>
bool EachPart(std::string_view text, char separator, Predicate accepts) {
  while (true) {
    const size_t end = text.find(separator);
    if (!accepts(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool IsChoice(const SettingRow& setting, std::string_view text) {
  return std::find(setting.choices.begin(), setting.choices.end(), text) != setting.choices.end();
}

// REQUIRES: a setting of type kString.
bool MayBeEmpty(const SettingRow& setting) {
  if (setting.form == SettingForm::kChoice) return false;
  // For a text that may be unset, unset and empty are different values.
  if (std::holds_alternative<std::monostate>(setting.default_value)) return true;
  const auto* text = std::get_if<std::string>(&setting.default_value);
  return text != nullptr && text->empty();
}

bool AcceptsText(const SettingRow& setting, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  if (text.empty()) return MayBeEmpty(setting);
  switch (setting.form) {
    case SettingForm::kAnyText:
      return true;
    case SettingForm::kChoice:
      return IsChoice(setting, text);
    case SettingForm::kSum:
      return EachPart(text, '+', [&](std::string_view part) { return IsChoice(setting, part); });
    case SettingForm::kProvider:
      return !CanonicalProviderName(text).empty();
  }
  return false;
}

// The comparison is written so that NaN is outside.
bool InRange(const SettingRow& setting, double number) {
  return number >= *setting.minimum && number <= *setting.maximum;
}

bool Accepts(const SettingRow& setting, const SettingValue& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    return std::holds_alternative<std::monostate>(setting.default_value);
  }
  switch (setting.type) {
    case SettingType::kBool:
      return std::holds_alternative<bool>(value);
    case SettingType::kInteger:
      if (const auto* number = std::get_if<int64_t>(&value)) {
        return InRange(setting, static_cast<double>(*number));
      }
      return false;
    case SettingType::kNumber:
      if (const auto* number = std::get_if<double>(&value)) return InRange(setting, *number);
      return false;
    case SettingType::kString:
      if (const auto* text = std::get_if<std::string>(&value)) return AcceptsText(setting, *text);
      return false;
    case SettingType::kStringList:
      if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        if (list->empty()) return MayBeEmptyList(setting);
        return std::all_of(list->begin(), list->end(),
                           [&](const auto& item) { return AcceptsText(setting, item); });
      }
      return false;
  }
  return false;
}

std::string InQuotes(std::string_view text) { return fmt::format("\"{}\"", text); }

std::string Show(const SettingValue& value) {
  struct Shower {
    std::string operator()(std::monostate) const { return "unset"; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return InQuotes(text); }
    std::string operator()(const std::vector<std::string>& list) const {
      std::string shown;
      for (const std::string& item : list) shown += (shown.empty() ? "" : ", ") + InQuotes(item);
      return "[" + shown + "]";
    }
  };
  return std::visit(Shower{}, value);
}

// Cuts a long value before a code point, and makes control characters visible.
std::string Shorten(std::string_view value) {
  size_t end = std::min(value.size(), kMaxShownValue);
  while (end < value.size() && IsContinuationByte(value[end])) ++end;
  return ForTerminal(value.substr(0, end), LineBreaks::kEscape) + (end < value.size() ? "..." : "");
}

std::string DescribeText(const SettingRow& setting) {
  const std::string names = fmt::format("\"{}\"", fmt::join(setting.choices, "\", \""));
  switch (setting.form) {
    case SettingForm::kAnyText:
      return MayBeEmpty(setting) ? "a text without NUL characters"
                                 : "a text without NUL characters that is not empty";
    case SettingForm::kChoice:
      return "one of " + names;
    case SettingForm::kSum:
      return "empty, or one or more of " + names + " joined with '+'";
    case SettingForm::kProvider: {
      std::string words;
      for (const ProviderName& provider : KnownProviders()) {
        words += fmt::format("{}\"{}\"", words.empty() ? "" : ", ", provider.short_name);
      }
      return words + " or their full names, as \"CPUExecutionProvider\"";
    }
  }
  return {};
}

std::optional<bool> ParseBool(std::string_view text) {
  const std::string word = AsciiLower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view Trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<SettingValue> ParseValue(const SettingRow& setting, std::string_view text) {
  const auto lift = [](const auto& parsed) {
    return parsed ? std::optional<SettingValue>(*parsed) : std::nullopt;
  };
  switch (setting.type) {
    case SettingType::kBool:
      return lift(ParseBool(Trim(text)));
    case SettingType::kInteger:
      return lift(ParseNumber<int64_t>(Trim(text)));
    case SettingType::kNumber:
      return lift(ParseNumber<double>(Trim(text)));
    case SettingType::kString:
      return std::string(text);
    case SettingType::kStringList: {
      std::vector<std::string> list;
      if (text.empty() && MayBeEmptyList(setting)) return list;
      EachPart(text, ',', [&](std::string_view part) {
        list.emplace_back(Trim(part));
        return true;
      });
      return list;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string DescribeAllowed(const SettingRow& setting) {
  switch (setting.type) {
    case SettingType::kBool:
      return "true or false";
    case SettingType::kInteger:
      return fmt::format("a whole number from {} to {}", *setting.minimum, *setting.maximum);
    case SettingType::kNumber:
      return fmt::format("a number from {} to {}", *setting.minimum, *setting.maximum);
    case SettingType::kString:
      return DescribeText(setting);
    case SettingType::kStringList:
      return setting.form == SettingForm::kAnyText
                 ? "a list of texts without NUL characters, none of them empty"
                 : "a list of one or more of " + DescribeText(setting);
  }
  return {};
}

Status SettingError(const SettingRow& setting, std::string_view value, std::string_view origin) {
  return InvalidArgumentError(fmt::format("{} = {}: this value is not allowed; expected {}", origin,
                                          Shorten(value), DescribeAllowed(setting)));
}

Status CheckSetting(const SettingRow& setting, const SettingValue& value, std::string_view origin) {
  if (Accepts(setting, value)) return {};
  return SettingError(setting, Show(value), origin);
}

Status CheckConfig(const EmbeddingsConfig& config) {
  for (const Setting& setting : SettingsTable()) {
    VETOR_RETURN_IF_ERROR(CheckSetting(setting, setting.get(config), setting.key));
  }
  return {};
}

Status CheckServerConfig(const ServerConfig& config) {
  for (const ServerSetting& setting : ServerSettingsTable()) {
    VETOR_RETURN_IF_ERROR(CheckSetting(setting, setting.get(config), setting.key));
  }
  const int least_held_mb = ServerConfig::kLeastHeldBodies * config.max_body_mb;
  if (config.max_held_mb > 0 && config.max_held_mb < least_held_mb) {
    return InvalidArgumentError(fmt::format(
        "ai.server.max_held_mb is {} and ai.server.max_body_mb is {}; expected 0 or at least {}, "
        "so that a request of that size finds room",
        config.max_held_mb, config.max_body_mb, least_held_mb));
  }
  for (const std::string& host : config.allowed_hosts) {
    VETOR_RETURN_IF_ERROR(CheckAllowedHost(host));
  }
  for (const std::string& origin : config.cors) VETOR_RETURN_IF_ERROR(CheckOrigin(origin));
  if (config.tls_cert.empty() == config.tls_key.empty()) return {};
  const bool key = config.tls_cert.empty();
  return InvalidArgumentError(fmt::format(
      "{} is set and {} is not, but TLS needs both; name the {} in {}",
      key ? "ai.server.tls_key" : "ai.server.tls_cert",
      key ? "ai.server.tls_cert" : "ai.server.tls_key", key ? "certificate" : "private key",
      key ? "ai.server.tls_cert" : "ai.server.tls_key"));
}

Result<SettingValue> ParseSetting(const SettingRow& setting, std::string_view text,
                                  std::string_view origin) {
  std::optional<SettingValue> value = ParseValue(setting, text);
  if (!value || !Accepts(setting, *value)) return SettingError(setting, InQuotes(text), origin);
  return *std::move(value);
}

}  // namespace vetor
