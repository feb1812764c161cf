#include "service/new_runtime_note.h"

#include <algorithm>
#include <vector>

#include "cache/cache_folder.h"
#include "os/log.h"
#include "service/located_cache.h"

namespace vetor {

std::string NewRuntimeNote(std::span<const StoredSpace> spaces, const VectorSpace& own,
                           bool has_graph) {
  const auto is_own = [&](const StoredSpace& stored) {
    return stored.space.fingerprint == own.fingerprint;
  };
  const auto is_other = [&](const StoredSpace& stored) {
    return stored.space.model_id == own.model_id && stored.space.precision == own.precision &&
           stored.space.runtime.starts_with("onnxruntime");
  };
  if (std::any_of(spaces.begin(), spaces.end(), is_own)) return "";
  const auto other = std::find_if(spaces.begin(), spaces.end(), is_other);
  if (other == spaces.end()) return "";
  std::string note = "it holds vectors of " + own.model_id + " by " + other->space.runtime +
                     "; vetor's own kernels run the model now, whose last bits differ, so each of "
                     "these texts is computed anew once";
  if (has_graph) {
    note += "; to stay with what is there, set ai.onnx.runtime to \"onnxruntime\"";
  }
  return note;
}

void NoteNewRuntime(const EmbeddingsConfig& config, const Engine& engine) {
  const CacheConfig& cache = config.cache;
  const bool is_native = !engine.traits().numerics.empty();
  if (!is_native || config.model.runtime != Runtime::kAuto) return;
  if (!cache.wants_disk() || !cache.dir) return;
  // A folder that cannot be read is the cache's own concern.
  const Result<std::vector<StoredSpace>> spaces = ReadCacheSpaces(*cache.dir);
  if (!spaces.ok()) return;
  const std::string note = NewRuntimeNote(*spaces, SpaceOf(engine), engine.info().has_graph);
  if (!note.empty()) Log(LogLevel::kInfo, "cache: {}: {}", *cache.dir, note);
}

}  // namespace vetor
