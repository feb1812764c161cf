#include "config/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/json.h"
#include "config/config_schema.h"
#include "os/file.h"
#include "tests/support/unpacked_data.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Status Apply(std::string_view text, LoadedConfig* loaded) {
  const Result<boost::json::value> document = ParseJson(text, "c.json");
  if (!document.ok()) return document.status();
  return ApplyConfigValue(*document, "c.json", loaded);
}

std::string ErrorOf(std::string_view text) {
  LoadedConfig loaded;
  const Status status = Apply(text, &loaded);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  return status.message();
}

LoadedConfig Load(std::string_view text) {
  LoadedConfig loaded;
  const Status status = Apply(text, &loaded);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return loaded;
}

void ExpectDefaultsExcept(const EmbeddingsConfig& config, std::vector<std::string> keys) {
  for (const Setting& setting : SettingsTable()) {
    if (std::find(keys.begin(), keys.end(), setting.key) != keys.end()) continue;
    EXPECT_EQ(setting.get(config), setting.default_value) << setting.key;
  }
}

TEST(ConfigFile, TheFileOfTheMotorsportCalendar) {
  LoadedConfig loaded;
  const std::filesystem::path path = VETOR_TEST_DATA_DIR "/config/calendar.json";
  ASSERT_TRUE(ApplyConfigFile(path, &loaded).ok());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  ExpectDefaultsExcept(loaded.config,
                       {"ai.backend", "ai.onnx.model_path", "ai.dim", "ai.cache.dir"});
  EXPECT_EQ(loaded.config.backend, BackendKind::kHashing);
  EXPECT_EQ(loaded.config.cache.dir, "cache/embeddings");
  EXPECT_EQ(loaded.config.model.path, "models/embeddings-onnx/model.onnx");
  EXPECT_EQ(loaded.config.dim, 256);
}

// The settings still work as version 0.1.0 wrote and named them.
TEST(ConfigFile, AFileWithEverySettingOf010IsReadAsThen) {
  LoadedConfig loaded;
  const std::filesystem::path folder = VETOR_TEST_DATA_DIR "/config/0.1.0";
  ASSERT_TRUE(ApplyConfigFile(folder / "every.json", &loaded).ok());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  const EmbeddingsConfig& config = loaded.config;
  EXPECT_EQ(config.backend, BackendKind::kOnnx);
  EXPECT_EQ(config.fallback, Fallback::kError);
  EXPECT_EQ(config.model.path, "models/m");
  EXPECT_EQ(config.model.precision, Precision::kInt8);
  EXPECT_EQ(config.model.on_long, OnLong::kWindow);
  EXPECT_TRUE(config.onnx.enabled);
  const auto names = ReadFile(folder / "names.json");
  ASSERT_TRUE(names.ok());
  const boost::json::value rows = ParseJson(*names, "names.json").value();
  for (const boost::json::value& row : rows.as_array()) {
    const boost::json::array& cells = row.as_array();
    const Setting* setting = FindSetting(std::string_view(cells.at(0).as_string()));
    ASSERT_NE(setting, nullptr) << cells.at(0);
    EXPECT_EQ(setting->flag(), std::string_view(cells.at(1).as_string()));
    EXPECT_EQ(setting->environment(), std::string_view(cells.at(2).as_string()));
    EXPECT_EQ(setting->python(), std::string_view(cells.at(3).as_string()));
    EXPECT_NE(setting->get(config), setting->default_value) << setting->key;
  }
}

TEST(ConfigFile, EverySettingIsRead) {
  const LoadedConfig loaded = Load(R"({"ai": {
    "enabled": false, "backend": "onnx", "fallback": "error", "dim": 384, "normalize": false,
    "batch_size": 64, "threads": 3,
    "onnx": {"enabled": true, "model_path": "m", "providers": ["cuda", "cpu"],
      "runtime": "native", "precision": "int8", "tokenizer_path": "t", "pooling": "cls+max", "output_name": "o",
      "max_length": 128, "on_long": "window",
      "prompt_name": "query", "library_path": "l", "intra_op_threads": 2,
      "map_weights": false},
    "cache": {"enabled": false, "dir": "d", "ttl_days": 0.25, "max_mb": 5, "memory_mb": 0,
      "namespace": "n"}}})");
  EXPECT_THAT(loaded.warnings, IsEmpty());
  for (const Setting& setting : SettingsTable()) {
    EXPECT_NE(setting.get(loaded.config), setting.default_value) << setting.key;
  }
  EXPECT_EQ(loaded.config.cache.ttl_days, 0.25);
  EXPECT_THAT(loaded.config.model.pooling, ElementsAre(PoolingMode::kCls, PoolingMode::kMax));
  EXPECT_EQ(loaded.config.cache.name_space, "n");
}

TEST(ConfigFile, LeavingOutAndNullKeepTheDefaults) {
  for (
      const char* text :
      {R"({"ai": {}})", R"({"ai": null})", R"({"other": {"enabled": "x"}, "ai": {}})",
       R"({"ai": {"backend": null, "dim": null, "onnx": null, "cache": {"dir": null, "ttl_days": null}}})"}) {
    const LoadedConfig loaded = Load(text);
    EXPECT_THAT(loaded.warnings, IsEmpty()) << text;
    ExpectDefaultsExcept(loaded.config, {"ai.cache.dir"});
  }
}

// Without a config.json the cache is the user's own; programs that have one rely on a cache beside
// it.
TEST(ConfigFile, WithoutACacheFolderItStaysInTheWorkingDirectory) {
  EXPECT_EQ(EmbeddingsConfig().cache.dir, std::nullopt);
  for (const char* text : {"{}", R"({"ai": {}})", R"({"ai": {"cache": {"ttl_days": 3}}})"}) {
    EXPECT_EQ(Load(text).config.cache.dir, "cache/embeddings") << text;
  }
  EXPECT_EQ(Load(R"({"ai": {"cache": {"dir": null}}})").config.cache.dir, std::nullopt);
  EXPECT_EQ(Load(R"({"ai": {"cache": {"dir": ""}}})").config.cache.dir, "");
  EXPECT_EQ(Load(R"({"ai": {"cache": {"dir": "d"}}})").config.cache.dir, "d");
}

TEST(ConfigFile, ErrorsNameFileKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(ErrorOf(R"({"ai": {"cache": {"ttl_days": -5}}})"),
            "c.json: ai.cache.ttl_days = -5: this value is not allowed; expected a number from 0 "
            "to 36500");
  EXPECT_THAT(ErrorOf(R"({"ai": {"batch_size": "dezesseis"}})"),
              HasSubstr("c.json: ai.batch_size = \"dezesseis\""));
  EXPECT_THAT(ErrorOf(R"({"ai": {"batch_size": 9223372036854775808}})"),
              AllOf(HasSubstr("9223372036854775808"), HasSubstr("from 1 to 65536")));
  EXPECT_THAT(ErrorOf(R"({"ai": {"batch_size": 2.5}})"), HasSubstr("whole number"));
  EXPECT_THAT(ErrorOf(R"({"ai": {"batch_size": true}})"), HasSubstr("= true"));
  EXPECT_THAT(ErrorOf(R"({"ai": {"enabled": 1}})"), HasSubstr("true or false"));
  EXPECT_THAT(ErrorOf(R"({"ai": {"backend": "tensorflow"}})"), HasSubstr("\"hashing\", \"onnx\""));
  EXPECT_THAT(ErrorOf(R"({"ai": {"backend": ""}})"), HasSubstr("\"hashing\", \"onnx\""));
  EXPECT_THAT(ErrorOf(R"({"ai": {"onnx": {"providers": "cpu"}}})"), HasSubstr("a list"));
  EXPECT_THAT(ErrorOf(R"({"ai": {"onnx": {"providers": ["tpu", "cpu"]}}})"),
              AllOf(HasSubstr("ai.onnx.providers"), HasSubstr("tpu"), HasSubstr("\"cuda\"")));
  EXPECT_THAT(ErrorOf(R"({"ai": {"onnx": true}})"),
              AllOf(HasSubstr("c.json: ai.onnx is true or false"), HasSubstr("object")));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("the document is an array"));
}

TEST(ConfigFile, AWholeNumberMayHaveAPoint) {
  EXPECT_EQ(Load(R"({"ai": {"batch_size": 64.0}})").config.batch_size, 64);
}

// docs/faults.md, row 25: the warning for a typo names the nearest known key.
TEST(ConfigFile, Row25UnknownKeysAreWarningsWithTheNearest) {
  const LoadedConfig loaded = Load(
      R"({"ai": {"bach_size": 1, "cache": {"tll_days": 2}, "onx": {"enabled": true},
          "batch_size": 8}, "ia": {}})");
  EXPECT_THAT(
      loaded.warnings,
      ElementsAre(
          "c.json: ai.bach_size is not a setting and has no effect; the nearest one is "
          "ai.batch_size",
          "c.json: ai.cache.tll_days is not a setting and has no effect; the nearest one is "
          "ai.cache.ttl_days",
          "c.json: ai.onx is not a setting and has no effect; the nearest one is ai.onnx"));
  EXPECT_EQ(loaded.config.batch_size, 8);
}

// A server whose key has no effect is open.
TEST(ConfigFile, TheFirstWordsOfAKeyAreNearToIt) {
  const LoadedConfig loaded = Load(R"({"ai": {"server": {"api_key": "x"}}})");
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("the nearest one is ai.server.api_key_file")));
}

// A key with dots was taken for the setting whose path it spells.
TEST(ConfigFile, AKeyWithDotsIsNotASetting) {
  const LoadedConfig loaded = Load(
      R"({"ai": {"onnx.model_path": "x", "cache.dir": "dotted", "onnx": {"model_path": "y"}}})");
  EXPECT_EQ(loaded.config.model.path, "y");
  EXPECT_EQ(loaded.config.cache.dir, "cache/embeddings");
  EXPECT_THAT(loaded.warnings,
              ElementsAre(AllOf(HasSubstr("the key \"onnx.model_path\" of ai"),
                                HasSubstr("the nearest one is ai.onnx.model_path")),
                          AllOf(HasSubstr("the key \"cache.dir\" of ai"),
                                HasSubstr("the nearest one is ai.cache.dir"))));
}

TEST(ConfigFile, AFileWithoutTheSectionIsAWarning) {
  for (const char* text : {"{}", R"({"dim": 8})", R"({"other": {"enabled": "x"}})"}) {
    EXPECT_THAT(Load(text).warnings, ElementsAre(HasSubstr("there is no section \"ai\""))) << text;
  }
  EXPECT_THAT(Load(R"({"AI": {"dim": 8}})").warnings,
              ElementsAre(HasSubstr("the key \"AI\" has no effect; settings are in the section")));
  EXPECT_THAT(Load(R"({"ai.dim": 8, "ai": {}})").warnings,
              ElementsAre(HasSubstr("the key \"ai.dim\" has no effect")));
}

TEST(ConfigFile, WarningsAreFewShortAndSafeToShow) {
  std::string many = R"({"ai": {")" + std::string(100'000, 'k') + R"(": 1, "\u001b[31m\n": 2)";
  for (int i = 0; i < 1000; ++i) many += ", \"zz" + std::to_string(i) + "\": 1";
  const LoadedConfig loaded = Load(many + "}}");
  ASSERT_EQ(loaded.warnings.size(), 21U);
  for (const std::string& warning : loaded.warnings) {
    EXPECT_LT(warning.size(), 250U);
    EXPECT_EQ(warning.find_first_of("\x1B\n"), std::string::npos);
    EXPECT_EQ(warning.find("nearest"), std::string::npos) << warning;
  }
  EXPECT_EQ(loaded.warnings.back(), "c.json: 982 more keys are not settings and have no effect");
}

TEST(ConfigFile, ValuesAreShownAsWrittenAndSafeToShow) {
  EXPECT_THAT(ErrorOf(R"({"ai": {"dim": 8.5}})"), HasSubstr("ai.dim = 8.5: "));
  const std::string hostile = ErrorOf(R"({"ai": {"backend": "x\n\u001b[31m\u009b"}})");
  EXPECT_EQ(hostile.find_first_of("\x1B\n"), std::string::npos);
  EXPECT_THAT(hostile, HasSubstr("x\\n\\x1b[31m\\x9b"));
  LoadedConfig loaded;
  const Status variable = ApplyVariables({{"VETOR_AI_BACKEND", "x\n\x1B[31m\xFF"}}, &loaded);
  EXPECT_THAT(variable.message(), HasSubstr("x\\n\\x1b[31m\xEF\xBF\xBD"));
}

TEST(ConfigFile, AnotherEncodingIsNamed) {
  EXPECT_THAT(ErrorOf("{\"ai\": {\"backend\": \"\xE3\"}}"),
              HasSubstr("line 1, column 21: the byte 0xe3 is not UTF-8 there"));
  EXPECT_THAT(ErrorOf("\xFF\xFE{"), HasSubstr("this is UTF-16"));
  EXPECT_THAT(ErrorOf(std::string("{\0\"\0", 4)), HasSubstr("this is UTF-16"));
}

TEST(ConfigFile, MissingFileIsNotFound) {
  LoadedConfig loaded;
  EXPECT_EQ(ApplyConfigFile(VETOR_TEST_DATA_DIR "/config/absent.json", &loaded).code(),
            StatusCode::kNotFound);
}

// Every hostile file is refused with a message that begins with its path.
TEST(ConfigFile, Row25HostileFilesAreRefused) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(UnpackedData("hostile"))) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("config_")) continue;
    ++files;
    LoadedConfig loaded;
    const Status status = ApplyConfigFile(entry.path(), &loaded);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(status.message(), ::testing::StartsWith(entry.path().string())) << name;
    EXPECT_EQ(status.message().find('\0'), std::string::npos) << name;
  }
  EXPECT_EQ(files, 7);
}

TEST(Environment, OverridesAndWarns) {
  LoadedConfig loaded = Load(R"({"ai": {"batch_size": 8, "cache": {"max_mb": 7}}})");
  const Status status = ApplyVariables({{"VETOR_AI_CACHE_MAX_MB", "512"},
                                        {"VETOR_AI_ONNX_PROVIDERS", "cuda,cpu"},
                                        {"VETOR_AI_CACHE_DIR", ""},
                                        {"VETOR_AI_CACH_TTL_DAYS", "1"},
                                        {"VETOR_LOG", "debug"}},
                                       &loaded);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(loaded.config.cache.max_mb, 512);
  EXPECT_EQ(loaded.config.batch_size, 8);
  EXPECT_THAT(loaded.config.onnx.providers, ElementsAre("cuda", "cpu"));
  EXPECT_EQ(loaded.config.cache.dir, "cache/embeddings");
  EXPECT_THAT(loaded.warnings, ElementsAre(AllOf(HasSubstr("VETOR_AI_CACH_TTL_DAYS"),
                                                 HasSubstr("VETOR_AI_CACHE_TTL_DAYS"))));
}

TEST(Environment, ErrorsNameTheVariable) {
  LoadedConfig loaded;
  const Status status = ApplyVariables({{"VETOR_AI_THREADS", "many"}}, &loaded);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("environment variable VETOR_AI_THREADS = \"many\""));
}

TEST(LoadConfig, TheEnvironmentComesAfterTheFile) {
  ASSERT_EQ(setenv("VETOR_AI_BATCH_SIZE", "5", 1), 0);
  const Result<LoadedConfig> loaded = LoadConfig(VETOR_TEST_DATA_DIR "/config/calendar.json");
  unsetenv("VETOR_AI_BATCH_SIZE");
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->config.batch_size, 5);
  EXPECT_EQ(loaded->config.dim, 256);
}

// The part of the schema for one setting or section.
const boost::json::object& SchemaOf(const boost::json::object& schema, std::string_view key) {
  const boost::json::object* node = &schema;
  while (true) {
    const size_t dot = key.find('.');
    node = &node->at("properties").as_object().at(key.substr(0, dot)).as_object();
    if (dot == std::string_view::npos) return *node;
    key.remove_prefix(dot + 1);
  }
}

TEST(ConfigSchema, DescribesEverySetting) {
  const boost::json::object schema = ConfigSchema();
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  for (const Setting& setting : SettingsTable()) {
    const boost::json::object& node = SchemaOf(schema, setting.key);
    EXPECT_EQ(node.at("description"), setting.description);
    const boost::json::object& value = node.at("anyOf").at(0).as_object();
    EXPECT_TRUE(value.contains("type")) << setting.key;
    if (setting.minimum) {
      EXPECT_EQ(value.at("minimum").to_number<double>(), *setting.minimum) << setting.key;
      EXPECT_EQ(value.at("maximum").to_number<double>(), *setting.maximum) << setting.key;
    }
    if (setting.form == SettingForm::kChoice) {
      EXPECT_EQ(value.at("enum").as_array().size(), setting.choices.size()) << setting.key;
    }
  }
  EXPECT_EQ(SchemaOf(schema, "ai.cache").at("additionalProperties"), false);
  EXPECT_EQ(SchemaOf(schema, "ai.cache.ttl_days").at("default"), 7);
}

// If the defaults that the schema shows are written to a file, the file gives the defaults.
TEST(ConfigSchema, ItsTextIsTheSchema) {
  const auto read = ParseJson(ConfigSchemaJson(), "schema");
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(*read, boost::json::value(ConfigSchema()));
}

TEST(ConfigText, ItIsReadAsAFileIs) {
  LoadedConfig loaded;
  ASSERT_TRUE(ApplyConfigText(R"({"ai": {"dim": 64, "dimm": 1}})", "text", &loaded).ok());
  EXPECT_EQ(loaded.config.dim, 64);
  EXPECT_EQ(loaded.warnings.size(), 1u);
  EXPECT_EQ(ApplyConfigText("{", "my text", &loaded).code(), StatusCode::kInvalidArgument);
  EXPECT_NE(ApplyConfigText("{", "my text", &loaded).message().find("my text"), std::string::npos);
}

TEST(ConfigSchema, ItsDefaultsLoadAsTheDefaults) {
  const boost::json::object schema = ConfigSchema();
  boost::json::object ai;
  for (const Setting& setting : SettingsTable()) {
    std::string_view key = setting.key;
    key.remove_prefix(3);
    boost::json::object* section = &ai;
    if (const size_t dot = key.find('.'); dot != std::string_view::npos) {
      const std::string_view name = key.substr(0, dot);
      if (!ai.contains(name)) ai[name] = boost::json::object();
      section = &ai.at(name).as_object();
      key.remove_prefix(dot + 1);
    }
    (*section)[key] = SchemaOf(schema, setting.key).at("default");
  }
  const LoadedConfig loaded =
      Load(boost::json::serialize(boost::json::object{{"ai", std::move(ai)}}));
  EXPECT_THAT(loaded.warnings, IsEmpty());
  ExpectDefaultsExcept(loaded.config, {});
}

}  // namespace
}  // namespace vetor
