#include "os/file_digest.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace vetor {

Result<Sha256Digest> Sha256File(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::OpenWatched(path));
  return Sha256File(file);
}

Result<Sha256Digest> Sha256File(const MappedFile& file) {
  constexpr size_t kStep = 1 << 20;
  const size_t size = file.bytes().size();
  std::vector<char> buffer(std::min(size, kStep));
  Sha256Builder builder;
  for (size_t at = 0; at < size; at += buffer.size()) {
    const std::span<char> step = std::span(buffer).first(std::min(size - at, buffer.size()));
    VETOR_RETURN_IF_ERROR(file.ReadAt(at, step));
    builder.AddBytes({step.data(), step.size()});
  }
  return std::move(builder).Finish();
}

}  // namespace vetor
