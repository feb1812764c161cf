#include "cache/cache_location.h"

#include <system_error>

#include "os/environment.h"
#include "os/new_file.h"
#include "vetor/status.h"

namespace vetor {

std::filesystem::path DefaultCacheFolder(const CacheVariables& variables) {
  const std::filesystem::path caches = variables("XDG_CACHE_HOME").value_or("");
  if (caches.is_absolute()) return caches / "vetor";
  const std::filesystem::path home = variables("HOME").value_or("");
  return home.is_absolute() ? home / ".cache" / "vetor" : std::filesystem::path();
}

std::filesystem::path DefaultCacheFolder() {
  return DefaultCacheFolder([](const char* name) { return GetEnvironment(name); });
}

CacheLocation LocateCache(const std::optional<std::string>& dir, bool make) {
  if (dir) return {.dir = *dir, .why = {}};
  const std::filesystem::path folder = DefaultCacheFolder();
  if (folder.empty()) {
    return {.dir = {}, .why = "neither XDG_CACHE_HOME nor HOME names a folder by an absolute path"};
  }
  const Status made = make ? MakePrivateFolder(folder) : Status();
  std::error_code error;
  const bool there = std::filesystem::exists(folder, error) || error;
  const Status owned = made.ok() && there ? CheckOwnFolder(folder) : made;
  if (owned.ok()) return {.dir = folder, .why = {}};
  return {.dir = {}, .why = owned.message()};
}

}  // namespace vetor
