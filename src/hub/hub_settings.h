// Reads the settings of the model hub from the environment. The variables and their meanings are
// those of huggingface_hub, so that one cache and one login serve both.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace vetor {

/// The protocol's own default server. HF_ENDPOINT names another one (a mirror, a proxy, a test).
inline constexpr const char* kDefaultHubEndpoint = "https://huggingface.co";

struct HubSettings {
  std::string endpoint = kDefaultHubEndpoint;  ///< HF_ENDPOINT, without a slash at the end.
  /// HF_TOKEN, else the content of the file HF_TOKEN_PATH, else that of $HF_HOME/token. Empty if
  /// there is none, or if HF_HUB_DISABLE_IMPLICIT_TOKEN is set.
  std::string token;
  /// HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else $HF_HOME/hub. If HF_HOME is unset, it is
  /// $XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface. Empty if there is no home either.
  std::filesystem::path cache;
  bool offline = false;  ///< HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE
  bool links = true;     ///< False if HF_HUB_DISABLE_SYMLINKS is set: then files are copied.
  /// HF_HUB_ETAG_TIMEOUT: the time to connect, and the time without a byte. A whole answer may take
  /// six times as long.
  std::chrono::seconds metadata_timeout{10};
  /// The same times if the cache has a whole copy, which usually serves as well as an answer. A hub
  /// that works connects in less than a second and answers in two, even over a slow line, and a
  /// firewall that drops packets should not cost each start of a program more than this.
  /// HF_HUB_ETAG_TIMEOUT sets both.
  std::chrono::seconds connect_with_copy{3};
  std::chrono::seconds answer_with_copy{5};
  /// HF_HUB_DOWNLOAD_TIMEOUT: the time to connect, and the time with less than 1 kB per second.
  std::chrono::seconds download_timeout{10};
};

/// A variable's value; nullopt if it is unset or empty.
using EnvironmentLookup = std::function<std::optional<std::string>(const char* name)>;

/// Never fails: a number that is wrong keeps its default, and a token file that cannot be read
/// counts as no token.
HubSettings ReadHubSettings(const EnvironmentLookup& lookup);
/// Reads the settings of this process.
HubSettings ReadHubSettings();

}  // namespace vetor
