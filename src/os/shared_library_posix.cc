#include "os/shared_library.h"

#include <dlfcn.h>
#include <link.h>

#include <system_error>
#include <utility>

namespace vetor {
namespace {

std::string LoaderWords() {
  const char* words = ::dlerror();
  return words != nullptr ? words : "unknown loader error";
}

}  // namespace

SharedLibrary::SharedLibrary(void* handle, std::filesystem::path path)
    : handle_(handle), path_(std::move(path)) {}

Result<SharedLibrary> SharedLibrary::Open(const std::string& name) {
  void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return UnavailableError("cannot load " + name + ": " + LoaderWords());
  std::filesystem::path path = name;
  struct link_map* map = nullptr;
  if (::dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr && map->l_name != nullptr) {
    std::error_code error;
    path = std::filesystem::canonical(map->l_name, error);
    if (error) path = map->l_name;
  }
  return SharedLibrary(handle, std::move(path));
}

Result<void*> SharedLibrary::Symbol(const char* name) const {
  void* symbol = ::dlsym(handle_, name);
  if (symbol == nullptr) {
    return UnavailableError(path_.string() + " has no symbol " + name + ": " + LoaderWords());
  }
  return symbol;
}

std::vector<std::string> SharedLibraryNames(const std::string& stem, [[maybe_unused]] int version) {
#if defined(__APPLE__)
  return {"lib" + stem + ".dylib"};
#else
  return {"lib" + stem + ".so." + std::to_string(version), "lib" + stem + ".so"};
#endif
}

bool NamesSharedLibrary(std::string_view file_name, const std::string& stem) {
  return file_name.starts_with("lib" + stem + ".");
}

}  // namespace vetor
