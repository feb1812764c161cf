#include "backend/onnx/runtime_library.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "backend/onnx/ort.h"
#include "base/status_macros.h"
#include "base/thread_annotations.h"
#include "os/environment.h"
#include "os/log.h"
#include "os/shared_library.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "onnxruntime";
constexpr int kLibraryVersion = 1;

// The entries of a folder, as far as it can be read. A range-for over the iterator would throw if
// it cannot be read.
std::vector<fs::path> EntriesOf(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(it->path());
  }
  return entries;
}

// libonnxruntime*.so* in a folder, newest name first, so that libonnxruntime.so.1.28.0 of a wheel
// is found without a link; provider libraries (libonnxruntime_providers_*) are left out.
std::vector<std::string> LibrariesIn(const fs::path& folder) {
  std::vector<std::string> found;
  for (const fs::path& path : EntriesOf(folder)) {
    if (NamesSharedLibrary(path.filename().string(), kLibrary)) found.push_back(path.string());
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

void Append(std::vector<std::string> more, std::vector<std::string>* candidates) {
  candidates->insert(candidates->end(), std::make_move_iterator(more.begin()),
                     std::make_move_iterator(more.end()));
}

// <prefix>/lib/python3.N/<site>/onnxruntime/capi for every N that is there.
void AppendPythonPackages(const fs::path& prefix, std::vector<std::string>* candidates) {
  for (const fs::path& path : EntriesOf(prefix / "lib")) {
    if (!path.filename().string().starts_with("python3")) continue;
    for (const char* site : {"site-packages", "dist-packages"}) {
      Append(LibrariesIn(path / site / "onnxruntime" / "capi"), candidates);
    }
  }
}

void ORT_API_CALL ForwardLog(void*, OrtLoggingLevel severity, const char*, const char*,
                             const char* location, const char* message) {
  const LogLevel level = severity >= ORT_LOGGING_LEVEL_ERROR     ? LogLevel::kError
                         : severity >= ORT_LOGGING_LEVEL_WARNING ? LogLevel::kWarning
                                                                 : LogLevel::kDebug;
  Log(level, "onnxruntime: {} ({})", message, location);
}

Result<RuntimeLibrary> Initialise(const std::string& candidate) {
  VETOR_ASSIGN_OR_RETURN(const SharedLibrary library, SharedLibrary::Open(candidate));
  VETOR_ASSIGN_OR_RETURN(void* const symbol, library.Symbol("OrtGetApiBase"));
  const OrtApiBase* base = reinterpret_cast<const OrtApiBase* (*)()>(symbol)();
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    return UnavailableError(library.path().string() + " is ONNX Runtime " +
                            base->GetVersionString() + ", expected 1." +
                            std::to_string(ORT_API_VERSION) + " or newer");
  }
  Ort::InitApi(api);
  RuntimeLibrary runtime{.version = base->GetVersionString(), .path = library.path()};
  try {
    runtime.providers = Ort::GetAvailableProviders();
    runtime.env = new Ort::Env(ORT_LOGGING_LEVEL_WARNING, "vetor", ForwardLog, nullptr);
  } catch (const Ort::Exception& error) {
    return OrtError(error, "cannot start " + library.path().string());
  }
  return runtime;
}

std::string Remedy() {
  return "; install it (`pip install onnxruntime`, or `make setup` in the source tree), or name "
         "the "
         "file in ai.onnx.library_path or in the environment variable VETOR_ONNXRUNTIME";
}

}  // namespace

std::vector<std::string> RuntimeCandidates(const std::string& library_path) {
  if (!library_path.empty()) {
    std::error_code error;
    if (!fs::is_directory(library_path, error)) return {library_path};
    return LibrariesIn(library_path);
  }
  if (const auto named = GetEnvironment("VETOR_ONNXRUNTIME")) return RuntimeCandidates(*named);
  std::vector<std::string> candidates;
  if (const fs::path own = OwnFolder(); !own.empty()) {
    Append(LibrariesIn(own), &candidates);
    Append(LibrariesIn(own / ".." / "lib"), &candidates);
    Append(LibrariesIn(own / ".." / ".deps" / "onnxruntime" / "lib"), &candidates);
  }
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (const auto prefix = GetEnvironment(variable)) AppendPythonPackages(*prefix, &candidates);
  }
  if (const auto home = GetEnvironment("HOME")) {
    AppendPythonPackages(fs::path(*home) / ".local", &candidates);
  }
  for (const char* prefix : {"/usr/local", "/usr"}) AppendPythonPackages(prefix, &candidates);
  Append(SharedLibraryNames(kLibrary, kLibraryVersion), &candidates);
  return candidates;
}

Result<RuntimeLibrary> LoadRuntime(const std::string& library_path) {
  static Mutex mutex;
  static std::optional<RuntimeLibrary>* loaded = new std::optional<RuntimeLibrary>;
  const MutexLock lock(&mutex);
  const std::vector<std::string> candidates = RuntimeCandidates(library_path);
  if (loaded->has_value()) {
    std::error_code error;
    if (!library_path.empty() && candidates.size() == 1 &&
        !fs::equivalent(candidates[0], (*loaded)->path, error)) {
      return UnavailableError("this process already runs ONNX Runtime from " +
                              (*loaded)->path.string() + ", cannot also load " + library_path +
                              "; use one library per process");
    }
    return **loaded;
  }
  SetEnvironmentIfUnset("ORT_DISABLE_TELEMETRY", "1");
  std::string looked;
  for (const std::string& candidate : candidates) {
    Result<RuntimeLibrary> runtime = Initialise(candidate);
    if (runtime.ok()) {
      Log(LogLevel::kDebug, "ONNX Runtime {} from {}", runtime->version, runtime->path.string());
      *loaded = *runtime;
      return runtime;
    }
    looked += "\n  " + runtime.status().message();
  }
  if (looked.empty()) looked = " no libonnxruntime in " + library_path;
  return UnavailableError("ONNX Runtime was not found:" + looked + Remedy());
}

}  // namespace vetor
