// A shared library loaded at run time. Never unloaded: its threads and static objects outlive any
// owner we could name.
#pragma once

#include <filesystem>
#include <string>

#include "vetor/status.h"

namespace vetor {

class SharedLibrary {
 public:
  /// A path, or a bare name for the system's search. UNAVAILABLE with the loader's own words.
  static Result<SharedLibrary> Open(const std::string& name);

  /// UNAVAILABLE if the library has no such symbol.
  Result<void*> Symbol(const char* name) const;

  /// The file that was really loaded, links resolved.
  const std::filesystem::path& path() const { return path_; }

 private:
  SharedLibrary(void* handle, std::filesystem::path path);
  void* handle_;
  std::filesystem::path path_;
};

}  // namespace vetor
