#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>

#include "base/nearest_name.h"
#include "config/provider_names.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using List = std::vector<std::string>;

const Setting& Find(std::string_view key) {
  const Setting* setting = FindSetting(key);
  EXPECT_NE(setting, nullptr) << key;
  return *setting;
}

// An allowed value that is not the default.
SettingValue OtherValue(const Setting& setting) {
  switch (setting.type) {
    case SettingType::kBool:
      return std::holds_alternative<bool>(setting.default_value)
                 ? !std::get<bool>(setting.default_value)
                 : false;
    case SettingType::kInteger:
      return static_cast<int64_t>(*setting.maximum);
    case SettingType::kNumber:
      return *setting.maximum;
    case SettingType::kString:
      return setting.choices.empty() ? std::string("São Paulo/x") : setting.choices.back();
    case SettingType::kStringList:
      return List{"cuda", "CPUExecutionProvider"};
  }
  return {};
}

TEST(SettingsTable, HoldsEveryKeyWithItsDefault) {
  const std::map<std::string, SettingValue> expected = {
      {"ai.enabled", true},
      {"ai.backend", std::monostate()},
      {"ai.fallback", std::string("hashing")},
      {"ai.onnx.enabled", false},
      {"ai.onnx.model_path", std::string()},
      {"ai.onnx.providers", List{"CPUExecutionProvider"}},
      {"ai.onnx.runtime", std::string("auto")},
      {"ai.onnx.precision", std::string("auto")},
      {"ai.onnx.tokenizer_path", std::string()},
      {"ai.onnx.pooling", std::string()},
      {"ai.onnx.output_name", std::string()},
      {"ai.onnx.max_length", int64_t{0}},
      {"ai.onnx.on_long", std::string("truncate")},
      {"ai.onnx.prompt_name", std::string()},
      {"ai.onnx.library_path", std::string()},
      {"ai.onnx.intra_op_threads", int64_t{0}},
      {"ai.onnx.map_weights", true},
      {"ai.dim", std::monostate()},
      {"ai.normalize", std::monostate()},
      {"ai.batch_size", int64_t{32}},
      {"ai.threads", int64_t{0}},
      {"ai.cache.enabled", true},
      {"ai.cache.dir", std::monostate()},
      {"ai.cache.ttl_days", 7.0},
      {"ai.cache.max_mb", int64_t{1024}},
      {"ai.cache.memory_mb", int64_t{64}},
      {"ai.cache.namespace", std::string()},
  };
  std::map<std::string, SettingValue> found;
  for (const Setting& setting : SettingsTable()) {
    found[setting.key] = setting.default_value;
    EXPECT_EQ(setting.get(EmbeddingsConfig{}), setting.default_value) << setting.key;
    EXPECT_TRUE(CheckSetting(setting, setting.default_value, setting.key).ok()) << setting.key;
  }
  EXPECT_EQ(found, expected);
}

TEST(SettingsTable, NamesAreUniqueAndDerived) {
  std::set<std::string> flags;
  std::set<std::string> variables;
  std::set<std::string> keywords;
  for (const Setting& setting : SettingsTable()) {
    EXPECT_TRUE(flags.insert(setting.flag()).second) << setting.flag();
    EXPECT_TRUE(variables.insert(setting.environment()).second) << setting.environment();
    EXPECT_TRUE(keywords.insert(setting.python()).second) << setting.python();
  }
  EXPECT_EQ(flags,
            (std::set<std::string>{
                "--backend",      "--batch-size",      "--cache-dir",      "--cache-enabled",
                "--cache-max-mb", "--cache-memory-mb", "--cache-ttl-days", "--cache-namespace",
                "--dim",          "--enabled",         "--fallback",       "--intra-op-threads",
                "--library-path", "--map-weights",     "--max-length",     "--model-path",
                "--normalize",    "--on-long",         "--onnx-enabled",   "--output-name",
                "--pooling",      "--precision",       "--prompt-name",    "--provider",
                "--runtime",      "--threads",         "--tokenizer-path"}));
  EXPECT_EQ(Find("ai.cache.max_mb").environment(), "VETOR_AI_CACHE_MAX_MB");
  EXPECT_EQ(Find("ai.cache.max_mb").python(), "cache_max_mb");
  EXPECT_EQ(Find("ai.onnx.model_path").environment(), "VETOR_AI_ONNX_MODEL_PATH");
  EXPECT_EQ(Find("ai.onnx.model_path").python(), "onnx_model_path");
  EXPECT_EQ(Find("ai.dim").python(), "dim");
  EXPECT_EQ(FindSetting("ai.dims"), nullptr);
}

TEST(SettingsTable, EverySettingIsItsOwnMember) {
  for (const Setting& setting : SettingsTable()) {
    const SettingValue other = OtherValue(setting);
    ASSERT_TRUE(CheckSetting(setting, other, "test").ok()) << setting.key;
    EmbeddingsConfig config;
    setting.set(&config, other);
    for (const Setting& each : SettingsTable()) {
      EXPECT_EQ(each.get(config), each.key == setting.key ? other : each.default_value)
          << "set " << setting.key << ", read " << each.key;
    }
    setting.set(&config, setting.default_value);
    EXPECT_EQ(setting.get(config), setting.default_value) << setting.key;
  }
}

TEST(SettingsTable, DescribesEachInOneSentence) {
  for (const Setting& setting : SettingsTable()) {
    const std::string_view text = setting.description;
    EXPECT_TRUE(text.ends_with('.')) << setting.key;
    EXPECT_EQ(text.find(". "), std::string_view::npos) << setting.key;
  }
}

TEST(CheckSetting, RefusesEveryOtherType) {
  const std::vector<SettingValue> values = {std::monostate(),     true,  int64_t{1}, 1.0,
                                            std::string("\0", 1), List{}};
  for (const Setting& setting : SettingsTable()) {
    for (const SettingValue& value : values) {
      const bool same_type = value.index() == OtherValue(setting).index();
      const bool unset = value.index() == setting.default_value.index() && value.index() == 0;
      const bool numeric_or_bool = value.index() >= 1 && value.index() <= 3;
      EXPECT_EQ(CheckSetting(setting, value, "test").ok(), unset || (same_type && numeric_or_bool))
          << setting.key << " and alternative " << value.index();
    }
  }
}

TEST(CheckSetting, BoundsAreInclusive) {
  for (const Setting& setting : SettingsTable()) {
    if (setting.type != SettingType::kInteger && setting.type != SettingType::kNumber) continue;
    ASSERT_TRUE(setting.minimum && setting.maximum) << setting.key;
    for (const double step : {-1.0, 0.0, 1.0}) {
      const auto check = [&](double number) {
        const SettingValue value = setting.type == SettingType::kInteger
                                       ? SettingValue(static_cast<int64_t>(number))
                                       : SettingValue(number);
        return CheckSetting(setting, value, "test").ok();
      };
      EXPECT_EQ(check(*setting.minimum + step), step >= 0) << setting.key;
      EXPECT_EQ(check(*setting.maximum + step), step <= 0) << setting.key;
    }
  }
  const Setting& ttl = Find("ai.cache.ttl_days");
  EXPECT_FALSE(CheckSetting(ttl, std::numeric_limits<double>::quiet_NaN(), "test").ok());
  EXPECT_FALSE(CheckSetting(ttl, std::numeric_limits<double>::infinity(), "test").ok());
  EXPECT_TRUE(CheckSetting(ttl, 0.5, "test").ok());
}

TEST(CheckSetting, NamesOriginValueAndWhatIsAllowed) {
  const Status range =
      CheckSetting(Find("ai.batch_size"), int64_t{1} << 31, "c.json: ai.batch_size");
  EXPECT_EQ(range.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(range.message(),
            "c.json: ai.batch_size = 2147483648: this value is not allowed; expected a whole "
            "number from 1 to 65536");
  EXPECT_THAT(CheckSetting(Find("ai.backend"), std::string("onxx"), "--backend").message(),
              AllOf(HasSubstr("--backend = \"onxx\""), HasSubstr("one of \"hashing\", \"onnx\"")));
  EXPECT_THAT(CheckSetting(Find("ai.onnx.providers"), List{"tpu"}, "x").message(),
              AllOf(HasSubstr("[\"tpu\"]"), HasSubstr("\"cpu\", \"cuda\"")));
  const std::string shown =
      CheckSetting(Find("ai.cache.dir"), std::string(5000, 'a') + '\0', "x").message();
  EXPECT_LT(shown.size(), 300U);
}

TEST(CheckSetting, TextsByForm) {
  const auto accepts = [](const char* key, SettingValue value) {
    return CheckSetting(Find(key), value, "test").ok();
  };
  EXPECT_TRUE(accepts("ai.cache.dir", std::string())) << "nothing on disk";
  EXPECT_TRUE(accepts("ai.onnx.model_path", std::string()));
  EXPECT_FALSE(accepts("ai.onnx.model_path", std::string("model\0.onnx", 11)));
  EXPECT_TRUE(accepts("ai.onnx.pooling", std::string("mean+cls")));
  EXPECT_FALSE(accepts("ai.onnx.pooling", std::string("mean+")));
  EXPECT_FALSE(accepts("ai.onnx.pooling", std::string("meen")));
  EXPECT_TRUE(accepts("ai.onnx.providers", List{"DirectML", "cudaexecutionprovider", "CPU"}));
  EXPECT_FALSE(accepts("ai.onnx.providers", List{"cpu", ""}));
  EXPECT_FALSE(accepts("ai.onnx.providers", List{}));
}

TEST(ParseSetting, ReadsWhatFlagsAndVariablesSay) {
  const auto parse = [](const char* key, std::string_view text) {
    const Result<SettingValue> value = ParseSetting(Find(key), text, "--x");
    return value.ok() ? *value : SettingValue();
  };
  for (const char* text : {"true", "TRUE", "yes", "on", "1", " True "}) {
    EXPECT_EQ(parse("ai.enabled", text), SettingValue(true)) << text;
  }
  for (const char* text : {"false", "No", "off", "0"}) {
    EXPECT_EQ(parse("ai.enabled", text), SettingValue(false)) << text;
  }
  EXPECT_EQ(parse("ai.batch_size", "64"), SettingValue(int64_t{64}));
  EXPECT_EQ(parse("ai.dim", "256"), SettingValue(int64_t{256}));
  EXPECT_EQ(parse("ai.cache.ttl_days", "0.5"), SettingValue(0.5));
  EXPECT_EQ(parse("ai.onnx.providers", "cuda, cpu"), SettingValue(List{"cuda", "cpu"}));
  EXPECT_EQ(parse("ai.cache.dir", " a "), SettingValue(std::string(" a ")));
}

TEST(ParseSetting, RefusesTextsThatAreNotValues) {
  const auto refuses = [](const char* key, std::string_view text) {
    const Result<SettingValue> value = ParseSetting(Find(key), text, "VETOR_X");
    return !value.ok() && value.status().message().starts_with("VETOR_X = \"") &&
           value.status().code() == StatusCode::kInvalidArgument;
  };
  for (const char* text : {"", "12x", "1.5", "0", "-1", "65537", "99999999999999999999", "1e3"}) {
    EXPECT_TRUE(refuses("ai.batch_size", text)) << text;
  }
  for (const char* text : {"nan", "inf", "-0.1", "seven", ""}) {
    EXPECT_TRUE(refuses("ai.cache.ttl_days", text)) << text;
  }
  EXPECT_TRUE(refuses("ai.enabled", "sim"));
  EXPECT_TRUE(refuses("ai.onnx.providers", "cpu,,cuda"));
  EXPECT_TRUE(refuses("ai.dim", ""));
}

TEST(NearestName, TakesTheFewestEdits) {
  std::vector<std::string> keys;
  for (const Setting& setting : SettingsTable()) keys.emplace_back(setting.key);
  EXPECT_EQ(NearestName("ai.bach_size", keys), "ai.batch_size");
  EXPECT_EQ(NearestName("ai.ttl_days", keys), "ai.cache.ttl_days");
  EXPECT_EQ(NearestName("ai.cache_dir", keys), "ai.cache.dir");
  EXPECT_EQ(NearestName("ai.model_path", keys), "ai.onnx.model_path");
  EXPECT_EQ(NearestName("ai.onnx.provider", keys), "ai.onnx.providers");
  EXPECT_EQ(NearestName("x", {}), "");
}

}  // namespace
}  // namespace vetor
