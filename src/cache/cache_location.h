// Decides where the cache lies on disk if no folder is named.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "vetor/cache.h"

namespace vetor {

/// Reads a variable of the environment. Unset and empty both mean "no value".
using CacheVariables = std::function<std::optional<std::string>(const char*)>;

/// $XDG_CACHE_HOME/vetor, else $HOME/.cache/vetor
/// (https://specifications.freedesktop.org/basedir-spec/latest/). Relative paths in these variables
/// are ignored; empty if none is left.
std::filesystem::path DefaultCacheFolder(const CacheVariables& variables);
std::filesystem::path DefaultCacheFolder();

/// The folder of a cache whose setting `ai.cache.dir` is `dir`: that folder, even if another user
/// owns it; if it is unset the default folder, which is made if it is missing (`make`) and must
/// belong to the user of this process.
CacheLocation LocateCache(const std::optional<std::string>& dir, bool make);

}  // namespace vetor
