// What the environment says about the model hub: the variables that huggingface_hub reads, with its
// meanings, so that one cache and one login serve both.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace vetor {

/// The protocol's own default server; HF_ENDPOINT names another (a mirror, a proxy, a test).
inline constexpr const char* kDefaultHubEndpoint = "https://huggingface.co";

struct HubSettings {
  std::string endpoint = kDefaultHubEndpoint;  ///< HF_ENDPOINT, without a slash at the end.
  /// HF_TOKEN, else the content of HF_TOKEN_PATH, else of $HF_HOME/token. Empty: none, or
  /// HF_HUB_DISABLE_IMPLICIT_TOKEN is set.
  std::string token;
  /// HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else $HF_HOME/hub. HF_HOME is else
  /// $XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface. Empty where there is no home either.
  std::filesystem::path cache;
  bool offline = false;  ///< HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE
  bool links = true;     ///< Unset by HF_HUB_DISABLE_SYMLINKS: files are copied.
  /// HF_HUB_ETAG_TIMEOUT: to connect and without a byte; six times as long for a whole answer.
  std::chrono::seconds metadata_timeout{10};
  /// The same if the cache has a whole copy, which serves as well as an answer does on most days: a
  /// hub that is there connects in less than a second and answers in two, over a slow line too, and
  /// a black hole in a firewall should not cost each start of a program more than this.
  /// HF_HUB_ETAG_TIMEOUT sets both.
  std::chrono::seconds connect_with_copy{3};
  std::chrono::seconds answer_with_copy{5};
  /// HF_HUB_DOWNLOAD_TIMEOUT: to connect and with less than 1 kB a second.
  std::chrono::seconds download_timeout{10};
};

/// A variable's value; nullopt when unset or empty.
using EnvironmentLookup = std::function<std::optional<std::string>(const char* name)>;

/// Never fails: a wrong number keeps its default, an unreadable token file is no token.
HubSettings ReadHubSettings(const EnvironmentLookup& lookup);
/// Of this process.
HubSettings ReadHubSettings();

}  // namespace vetor
