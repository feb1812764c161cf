#include "cli/flags/settings_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"
#include "tests/cli/folder_fixture.h"

namespace vetor::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SettingsFlagsTest : public FolderFixture {
 protected:
  void TearDown() override { ::unsetenv("VETOR_AI_BATCH_SIZE"); }

  static Result<EmbeddingsConfig> Resolve(std::vector<std::string> arguments) {
    CLI::App app;
    SettingsFlags flags;
    flags.AddTo(&app);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes a vector in reverse.
    app.parse(arguments);
    return flags.Resolve();
  }
};

TEST_F(SettingsFlagsTest, NothingGivenIsTheDefault) {
  const auto config = Resolve({});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->backend, std::nullopt);
  EXPECT_TRUE(config->cache.enabled);
  EXPECT_FALSE(config->dim.has_value());
}

TEST_F(SettingsFlagsTest, EverySettingHasAFlag) {
  CLI::App app;
  SettingsFlags flags;
  flags.AddTo(&app);
  for (const Setting& setting : SettingsTable()) {
    EXPECT_NE(app.get_option_no_throw(setting.flag()), nullptr) << setting.key;
  }
}

// The flag names that stand more than once.
std::vector<std::string> Twice(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  std::vector<std::string> twice;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) twice.push_back(name);
  }
  return twice;
}

// All names of the option, also those that unset a switch ("--no-cache") and second names
// ("--model").
std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names = option.get_lnames();
  // Every command has these.
  if (std::find(names.begin(), names.end(), "help") != names.end()) return {};
  names.insert(names.end(), option.get_snames().begin(), option.get_snames().end());
  return names;
}

std::vector<std::string> SettingNames() {
  CLI::App app;
  SettingsFlags flags;
  flags.AddTo(&app);
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string> more = NamesOf(*option);
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

TEST(FlagNamesTest, NoTwoSettingsShareAFlag) {
  EXPECT_THAT(Twice(SettingNames()), ::testing::IsEmpty());
  EXPECT_THAT(Twice({"a", "b", "a"}), ElementsAre("a"));  // The check would see it.
}

struct SharedFlag {
  const char* command;
  const char* flag;
  const char* why;
};

// Options of a command that mean the same as the setting of that name.
constexpr SharedFlag kSameMeaning[] = {
    {"bench", "precision", "several, one after the other"},
    {"bench", "runtime", "several, one after the other"},
    {"cache", "cache-dir", "of the setting, beside --dir"},
    {"cache", "config", "the file that settings come from"},
    {"config", "config", "the file that is checked"},
    {"export", "model", "a second name of the source"},
    {"export", "library-path", "the runtime that checks the graphs"},
};

// Finds options of `app` and of its subcommands that have a setting's name but are not made from
// the setting.
void FindShared(const CLI::App& app, const std::string& command,
                const std::set<std::string>& settings, std::set<std::string>* found) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().ends_with("ettings")) continue;  // SettingsFlags made these.
    for (const std::string& name : NamesOf(*option)) {
      const bool same = std::any_of(std::begin(kSameMeaning), std::end(kSameMeaning),
                                    [&](const SharedFlag& shared) {
                                      return command == shared.command && name == shared.flag;
                                    });
      if (settings.contains(name) && !same) found->insert(command + " --" + name);
    }
  }
  for (const CLI::App* below : app.get_subcommands({})) {
    FindShared(*below, command, settings, found);
  }
}

// A new setting must not take the name of a command's own option, even if that command does not
// have the setting now.
TEST(FlagNamesTest, NoOptionOfACommandHasTheFlagOfASetting) {
  const std::vector<std::string> names = SettingNames();
  const std::set<std::string> settings(names.begin(), names.end());
  CLI::App root;
  const Command commands[] = {
      MakeEmbedCommand(&root),  MakeTokenizeCommand(&root), MakeSearchCommand(&root),
      MakeDedupeCommand(&root), MakeConfigCommand(&root),   MakeCacheCommand(&root),
      MakeDoctorCommand(&root), MakeExportCommand(&root),   MakePullCommand(&root),
      MakeBenchCommand(&root),  MakeServeCommand(&root)};
  std::set<std::string> shared;
  for (const Command& command : commands) {
    FindShared(*command.app, command.app->get_name(), settings, &shared);
    std::vector<std::string> all;
    for (const CLI::Option* option : command.app->get_options()) {
      const std::vector<std::string> more = NamesOf(*option);
      all.insert(all.end(), more.begin(), more.end());
    }
    EXPECT_THAT(Twice(all), ::testing::IsEmpty()) << command.app->get_name();
  }
  EXPECT_THAT(shared, ::testing::IsEmpty());
  // The check would see it.
  CLI::App odd;
  odd.add_option("--pooling,--top", "A command's own.");
  std::set<std::string> found;
  FindShared(odd, "odd", settings, &found);
  EXPECT_THAT(found, ElementsAre("odd --pooling"));
}

// Errors of the library named flags to programs that have none.
TEST_F(SettingsFlagsTest, AnErrorOfTheLibraryGetsTheFlagsOfTheCommand) {
  CLI::App app;
  SettingsFlags flags;
  flags.AddTo(&app);
  EXPECT_EQ(NameFlags("there is none; name it in ai.onnx.library_path or elsewhere", app),
            "there is none; name it in ai.onnx.library_path (--library-path) or elsewhere");
  EXPECT_EQ(NameFlags("no; give ai.onnx.model_path", app), "no; give ai.onnx.model_path (--model)");
  EXPECT_EQ(NameFlags("no; name one (ai.cache.dir)", app),
            "no; name one (ai.cache.dir, --cache-dir)");
  // The part before the remedy names the fault as its source does.
  EXPECT_EQ(NameFlags("c.json: ai.dim is 0, expected 1", app), "c.json: ai.dim is 0, expected 1");
  const std::string has = "no; name one (ai.cache.dir, --cache-dir)";
  EXPECT_EQ(NameFlags(has, app), has);
  const CLI::App other;
  EXPECT_EQ(NameFlags("no; name one in ai.cache.dir", other), "no; name one in ai.cache.dir");
}

// A switch that is to be set to false has another flag than one that is to be set to true.
TEST_F(SettingsFlagsTest, ARemedyGetsTheFlagsOfTheCommandAsAWhole) {
  CLI::App app;
  SettingsFlags flags;
  flags.AddTo(&app);
  EXPECT_EQ(NameFlagsOfRemedy("ai.cache.dir is where it lies", app),
            "ai.cache.dir (--cache-dir) is where it lies");
  EXPECT_EQ(NameFlagsOfRemedy("set ai.cache.enabled to true", app),
            "set ai.cache.enabled (--cache-enabled) to true");
  EXPECT_EQ(NameFlagsOfRemedy("set ai.normalize to false", app),
            "set ai.normalize (--no-normalize) to false");
}

// The library named flags of vetor export and vetor pull, which C++ and Python do not have.
TEST_F(SettingsFlagsTest, AnOptionOfACallBecomesTheFlagOfTheCommand) {
  CLI::App app;
  app.add_flag("--overwrite");
  app.add_flag("--weights-too");
  EXPECT_EQ(NameFlags("x exists; have it replaced (option overwrite)", app),
            "x exists; have it replaced (--overwrite)");
  EXPECT_EQ(NameFlags("set option weights_too, not option elsewhere", app),
            "set --weights-too, not option elsewhere");
  const CLI::App other;
  EXPECT_EQ(NameFlags("x exists (option overwrite)", other), "x exists (option overwrite)");
}

TEST_F(SettingsFlagsTest, TheServersSettingsAreFlagsOfServeAlone) {
  CLI::App root;
  const CLI::App* serve = MakeServeCommand(&root).app;
  const CLI::App* embed = MakeEmbedCommand(&root).app;
  for (const ServerSetting& setting : ServerSettingsTable()) {
    EXPECT_NE(serve->get_option_no_throw(setting.flag()), nullptr) << setting.key;
    EXPECT_EQ(embed->get_option_no_throw(setting.flag()), nullptr) << setting.key;
  }
}

TEST_F(SettingsFlagsTest, AFlagOfTheServerIsReadAsTheOthersAre) {
  CLI::App app;
  SettingsFlags flags;
  flags.AddTo(&app);
  flags.AddServerTo(&app);
  std::vector<std::string> arguments = {"--config",
                                        WriteFile("c.json", R"({"ai":{"server":{
      "port":1,"queue_tokens":2,"allowed_hosts":["of.the.file"]}}})"),
                                        "--port",
                                        "9000",
                                        "--allowed-host",
                                        "a,b",
                                        "--allowed-host",
                                        "c",
                                        "--protect-metrics",
                                        "--token-ids",
                                        "model"};
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  LoadedConfig defaults;
  defaults.config.cache.dir = "of the caller";
  const auto loaded = flags.Load(defaults);
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->server.port, 9000);
  EXPECT_EQ(loaded->server.queue_tokens, 2);
  EXPECT_THAT(loaded->server.allowed_hosts, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(loaded->server.protect_metrics);
  EXPECT_EQ(loaded->server.token_ids, TokenIdInput::kModel);
  EXPECT_EQ(loaded->config.cache.dir, "of the caller") << "the file names none";
  EXPECT_EQ(NameFlags("no; set ai.server.tls_key", app), "no; set ai.server.tls_key (--tls-key)");
}

TEST_F(SettingsFlagsTest, FlagOverEnvironmentOverFile) {
  const std::string file =
      WriteFile("config.json", R"({"ai":{"batch_size":4,"dim":64,"cache":{"ttl_days":1}}})");
  EXPECT_EQ(Resolve({"--config", file})->batch_size, 4);
  ::setenv("VETOR_AI_BATCH_SIZE", "8", 1);
  EXPECT_EQ(Resolve({"--config", file})->batch_size, 8);
  const auto config = Resolve({"--config", file, "--batch-size", "16"});
  EXPECT_EQ(config->batch_size, 16);
  EXPECT_EQ(config->dim, 64);
  EXPECT_EQ(config->cache.ttl_days, 1);
}

TEST_F(SettingsFlagsTest, AnExplicitModelMeansThatModel) {
  const auto config = Resolve({"--model", "m"});
  EXPECT_EQ(config->backend, BackendKind::kOnnx);
  EXPECT_TRUE(config->onnx.enabled);
  EXPECT_EQ(config->model.path, "m");
  EXPECT_EQ(config->fallback, Fallback::kError);
  EXPECT_EQ(Resolve({"--fallback", "hashing", "--model", "m"})->fallback, Fallback::kHashing);
  EXPECT_EQ(Resolve({"--model", "m", "--backend", "hashing"})->backend, BackendKind::kHashing);
}

TEST_F(SettingsFlagsTest, AModelOfTheFileKeepsItsFallback) {
  const std::string file = WriteFile(
      "config.json", R"({"ai":{"backend":"onnx","onnx":{"enabled":true,"model_path":"m"}}})");
  EXPECT_EQ(Resolve({"--config", file})->fallback, Fallback::kHashing);
}

TEST_F(SettingsFlagsTest, ProvidersRepeatAndTakeCommas) {
  EXPECT_THAT(Resolve({"--provider", "cuda,cpu"})->onnx.providers, ElementsAre("cuda", "cpu"));
  EXPECT_THAT(Resolve({"--provider", "cuda", "--provider", "cpu"})->onnx.providers,
              ElementsAre("cuda", "cpu"));
}

TEST_F(SettingsFlagsTest, TruthsAreSetAndUnset) {
  EXPECT_FALSE(Resolve({"--no-cache"})->cache.enabled);
  EXPECT_EQ(Resolve({"--no-normalize"})->normalize, false);
  EXPECT_EQ(Resolve({"--normalize"})->normalize, true);
  EXPECT_EQ(Resolve({})->normalize, std::nullopt);
  EXPECT_FALSE(Resolve({"--cache-enabled=false"})->cache.enabled);
  EXPECT_TRUE(Resolve({"--no-cache", "--cache-enabled"})->cache.enabled);
}

TEST_F(SettingsFlagsTest, AWrongValueNamesTheFlag) {
  const auto config = Resolve({"--cache-ttl-days", "-1"});
  EXPECT_EQ(config.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(config.status().message(), HasSubstr("--cache-ttl-days"));
  EXPECT_THAT(Resolve({"--provider", "gpu"}).status().message(), HasSubstr("--provider"));
}

}  // namespace
}  // namespace vetor::cli
