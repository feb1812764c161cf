// The table of the server's settings, and how each source sets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "config/config_file.h"
#include "config/config_schema.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using List = std::vector<std::string>;

const ServerSetting& FindServer(std::string_view key) {
  const ServerSetting* setting = FindServerSetting(key);
  EXPECT_NE(setting, nullptr) << key;
  return *setting;
}

LoadedConfig LoadServer(std::string_view text) {
  LoadedConfig loaded;
  const Status status = ApplyConfigText(text, "c.json", &loaded);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return loaded;
}

// An allowed value that is not the default.
SettingValue OtherValue(const ServerSetting& setting) {
  switch (setting.type) {
    case SettingType::kBool:
      return !std::get<bool>(setting.default_value);
    case SettingType::kInteger:
      return static_cast<int64_t>(*setting.maximum);
    case SettingType::kStringList:
      return List{"a.example", "b.example"};
    default:
      if (!setting.choices.empty()) return setting.choices.back();
      return std::string("/run/São Paulo");
  }
}

TEST(ServerSettingsTable, HoldsEveryKeyWithItsDefaultAndFlag) {
  using Expected = std::pair<SettingValue, std::string>;
  const std::map<std::string, Expected> expected = {
      {"ai.server.host", {std::string("127.0.0.1"), "--host"}},
      {"ai.server.port", {int64_t{8080}, "--port"}},
      {"ai.server.socket", {std::string(), "--socket"}},
      {"ai.server.api_key_file", {std::string(), "--api-key-file"}},
      {"ai.server.protect_metrics", {false, "--protect-metrics"}},
      {"ai.server.request_timeout_ms", {int64_t{60'000}, "--request-timeout-ms"}},
      {"ai.server.header_timeout_ms", {int64_t{10'000}, "--header-timeout-ms"}},
      {"ai.server.body_timeout_ms", {int64_t{60'000}, "--body-timeout-ms"}},
      {"ai.server.max_body_mb", {int64_t{32}, "--max-body-mb"}},
      {"ai.server.max_held_mb", {int64_t{0}, "--max-held-mb"}},
      {"ai.server.max_connections", {int64_t{0}, "--max-connections"}},
      {"ai.server.queue_tokens", {int64_t{262'144}, "--queue-tokens"}},
      {"ai.server.token_ids", {std::string("refuse"), "--token-ids"}},
      {"ai.server.drain_timeout_s", {int64_t{30}, "--drain-timeout-s"}},
      {"ai.server.allowed_hosts", {List{}, "--allowed-host"}},
      {"ai.server.cors", {List{}, "--cors"}},
      {"ai.server.tls_cert", {std::string(), "--tls-cert"}},
      {"ai.server.tls_key", {std::string(), "--tls-key"}},
  };
  std::map<std::string, Expected> found;
  for (const ServerSetting& setting : ServerSettingsTable()) {
    found[setting.key] = {setting.default_value, setting.flag()};
    EXPECT_EQ(setting.get(ServerConfig{}), setting.default_value) << setting.key;
    EXPECT_TRUE(CheckSetting(setting, setting.default_value, setting.key).ok()) << setting.key;
    EXPECT_TRUE(std::string_view(setting.description).ends_with('.')) << setting.key;
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(FindServer("ai.server.port").environment(), "VETOR_AI_SERVER_PORT");
  EXPECT_EQ(FindServerSetting("ai.dim"), nullptr);
  EXPECT_EQ(FindSetting("ai.server.port"), nullptr);
}

TEST(ServerSettingsTable, NamesAreUniqueOverBothTables) {
  std::set<std::string> flags;
  std::set<std::string> variables;
  const auto add = [&](const SettingRow& row) {
    EXPECT_TRUE(flags.insert(row.flag()).second) << row.flag();
    EXPECT_TRUE(variables.insert(row.environment()).second) << row.environment();
  };
  for (const Setting& setting : SettingsTable()) add(setting);
  for (const ServerSetting& setting : ServerSettingsTable()) add(setting);
}

TEST(ServerSettingsTable, EverySettingIsItsOwnMember) {
  for (const ServerSetting& setting : ServerSettingsTable()) {
    const SettingValue other = OtherValue(setting);
    ASSERT_TRUE(CheckSetting(setting, other, "test").ok()) << setting.key;
    ServerConfig config;
    setting.set(&config, other);
    for (const ServerSetting& each : ServerSettingsTable()) {
      EXPECT_EQ(each.get(config), each.key == setting.key ? other : each.default_value)
          << "set " << setting.key << ", read " << each.key;
    }
  }
}

TEST(ServerSettingsTable, ListsMayBeEmptyAndTheirItemsMayNot) {
  const ServerSetting& hosts = FindServer("ai.server.allowed_hosts");
  EXPECT_TRUE(CheckSetting(hosts, List{}, "test").ok());
  EXPECT_FALSE(CheckSetting(hosts, List{"a", ""}, "test").ok());
  EXPECT_EQ(*ParseSetting(hosts, "a, b", "--allowed-host"), SettingValue(List{"a", "b"}));
  EXPECT_EQ(*ParseSetting(hosts, "", "--allowed-host"), SettingValue(List{}));
  EXPECT_EQ(
      ParseSetting(hosts, "a,,b", "--allowed-host").status().message(),
      "--allowed-host = \"a,,b\": this value is not allowed; expected a list of texts without "
      "NUL characters, none of them empty");
}

TEST(CheckServerConfig, NamesTheFirstThatIsNotAllowed) {
  EXPECT_TRUE(CheckServerConfig(ServerConfig{}).ok());
  EXPECT_THAT(CheckServerConfig({.port = 65536}).message(),
              AllOf(HasSubstr("ai.server.port = 65536"), HasSubstr("from 0 to 65535")));
  EXPECT_EQ(CheckServerConfig({.port = 65536}).code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(CheckServerConfig({.host = ""}).message(), HasSubstr("ai.server.host"));
  EXPECT_THAT(CheckServerConfig({.max_body_mb = 0}).message(), HasSubstr("ai.server.max_body_mb"));
}

TEST(CheckServerConfig, AnOriginIsOneThatABrowserSends) {
  for (const char* origin : {"*", "null", "https://app.example", "http://localhost:3000",
                             "http://[::1]:8080", "chrome-extension://abc", "tauri://localhost"}) {
    EXPECT_TRUE(CheckServerConfig({.cors = {origin}}).ok()) << origin;
  }
  const auto remedy = [](const char* origin) {
    const Status status = CheckServerConfig({.cors = {"https://first.example", origin}});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << origin;
    const size_t at = status.message().find("; write ");
    return at == std::string::npos ? "" : status.message().substr(at);
  };
  for (const char* origin : {"https://app.example/", "https://app.example/page", "app.example",
                             "HTTPS://App.example", "https://app.example:443"}) {
    EXPECT_EQ(remedy(origin), "; write \"https://app.example\" in ai.server.cors") << origin;
  }
  EXPECT_EQ(remedy("http://localhost:80"), "; write \"http://localhost\" in ai.server.cors");
  for (const char* origin : {"https://*.example", "https://", "https://a b", "https://u@a.example",
                             "https://b\u00fccher.example"}) {
    EXPECT_THAT(remedy(origin), HasSubstr("such as \"https://app.example\"")) << origin;
  }
}

TEST(CheckServerConfig, AnAllowedHostIsWhatAHeaderHostMayHold) {
  for (const char* host : {"app.example", "app.example:8443", "[fe80::1]:80", "10.0.0.1"}) {
    EXPECT_TRUE(CheckServerConfig({.allowed_hosts = {host}}).ok()) << host;
  }
  for (const char* host : {"http://app.example", "https://app.example/page", "app.example/"}) {
    const Status status = CheckServerConfig({.allowed_hosts = {"first.example", host}});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << host;
    EXPECT_THAT(status.message(), HasSubstr("without scheme and path, as \"app.example\""));
  }
  for (const char* host : {"", "*", "://"}) {
    EXPECT_FALSE(CheckServerConfig({.allowed_hosts = {host}}).ok()) << host;
  }
}

TEST(CheckServerConfig, ACertificateNeedsItsKey) {
  EXPECT_TRUE(CheckServerConfig({.tls_cert = "c.pem", .tls_key = "k.pem"}).ok());
  EXPECT_EQ(CheckServerConfig({.tls_cert = "c.pem"}).message(),
            "ai.server.tls_cert is set and ai.server.tls_key is not, but TLS needs both; name the "
            "private key in ai.server.tls_key");
  EXPECT_EQ(CheckServerConfig({.tls_key = "k.pem"}).code(), StatusCode::kInvalidArgument);
}

TEST(CheckServerConfig, WhatAllRequestsHoldHasRoomForTheLargestBody) {
  EXPECT_TRUE(CheckServerConfig({.max_body_mb = 4, .max_held_mb = 16}).ok());
  EXPECT_EQ(
      CheckServerConfig({.max_body_mb = 4, .max_held_mb = 15}).message(),
      "ai.server.max_held_mb is 15 and ai.server.max_body_mb is 4; expected 0 or at least 16, "
      "so that a request of that size finds room");
}

TEST(ServerSection, EverySettingOfTheFileIsRead) {
  const LoadedConfig loaded = LoadServer(R"({"ai": {"dim": 64, "server": {
    "host": "0.0.0.0", "port": 9000, "socket": "s", "api_key_file": "f", "protect_metrics": true,
    "request_timeout_ms": 1, "header_timeout_ms": 2, "body_timeout_ms": 3, "max_body_mb": 4,
    "max_held_mb": 16,
    "max_connections": 5, "queue_tokens": 6, "token_ids": "model", "drain_timeout_s": 7, "allowed_hosts": ["h"],
    "cors": ["https://app.example"], "tls_cert": "c", "tls_key": "k"}}})");
  EXPECT_THAT(loaded.warnings, IsEmpty());
  EXPECT_EQ(loaded.config.dim, 64);
  for (const ServerSetting& setting : ServerSettingsTable()) {
    EXPECT_NE(setting.get(loaded.server), setting.default_value) << setting.key;
  }
  EXPECT_THAT(loaded.server.cors, ElementsAre("https://app.example"));
}

TEST(ServerSection, NullKeepsTheDefaultsAndAnEmptyListIsOne) {
  for (const char* text :
       {R"({"ai": {"server": null}})",
        R"({"ai": {"server": {"port": null, "allowed_hosts": [], "cors": null}}})"}) {
    const LoadedConfig loaded = LoadServer(text);
    EXPECT_THAT(loaded.warnings, IsEmpty()) << text;
    for (const ServerSetting& setting : ServerSettingsTable()) {
      EXPECT_EQ(setting.get(loaded.server), setting.default_value) << setting.key;
    }
  }
}

TEST(ServerSection, TyposAreWarningsAndWrongValuesAreErrors) {
  EXPECT_THAT(LoadServer(R"({"ai": {"server": {"prot": 1}}})").warnings,
              ElementsAre("c.json: ai.server.prot is not a setting and has no effect; the nearest "
                          "one is ai.server.port"));
  EXPECT_THAT(LoadServer(R"({"ai": {"sever": {"port": 1}}})").warnings,
              ElementsAre(HasSubstr("the nearest one is ai.server")));
  LoadedConfig loaded;
  const Status status = ApplyConfigText(R"({"ai": {"server": {"port": "x"}}})", "c.json", &loaded);
  EXPECT_EQ(status.message(),
            "c.json: ai.server.port = \"x\": this value is not allowed; expected a whole number "
            "from 0 to 65535");
}

TEST(ServerSection, TheEnvironmentHasItsSettings) {
  LoadedConfig loaded = LoadServer(R"({"ai": {"server": {"port": 9000, "host": "::1"}}})");
  const Status status =
      ApplyVariables({{"VETOR_AI_SERVER_PORT", "9001"},
                      {"VETOR_AI_SERVER_CORS", "https://a.example,https://b.example"},
                      {"VETOR_AI_SERVER_PROT", "1"}},
                     &loaded);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(loaded.server.port, 9001);
  EXPECT_EQ(loaded.server.host, "::1");
  EXPECT_THAT(loaded.server.cors, ElementsAre("https://a.example", "https://b.example"));
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("nearest one is VETOR_AI_SERVER_PORT")));
}

TEST(ServerSection, TheSchemaHasIt) {
  const boost::json::object schema = ConfigSchema();
  const boost::json::object& server =
      schema.at("properties").at("ai").at("properties").at("server").as_object();
  EXPECT_EQ(server.at("additionalProperties"), false);
  const boost::json::object& properties = server.at("properties").as_object();
  EXPECT_EQ(properties.size(), ServerSettingsTable().size());
  EXPECT_EQ(properties.at("port").at("anyOf").at(0).at("maximum"), 65535);
  const boost::json::object& hosts = properties.at("allowed_hosts").at("anyOf").at(0).as_object();
  EXPECT_FALSE(hosts.contains("minItems"));
  EXPECT_EQ(hosts.at("items").at("minLength"), 1);
}

}  // namespace
}  // namespace vetor
