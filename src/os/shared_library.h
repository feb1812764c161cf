// A shared library loaded at run time. Never unloaded: its threads and static objects outlive any
// owner we could name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

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

/// The file names under which the system's search may know the library `stem`, the likeliest first:
/// "libonnxruntime.so.1" and "libonnxruntime.so" for "onnxruntime" with the version 1.
std::vector<std::string> SharedLibraryNames(const std::string& stem, int version);

/// Whether `file_name` is the library `stem` in some version, and not another that begins so.
bool NamesSharedLibrary(std::string_view file_name, const std::string& stem);

}  // namespace vetor
