// Mounts of this process alone, for faults that permissions cannot make: root writes anywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace vetor {

/// Empty when this process may mount (in a mount namespace of its own, entered at the first call);
/// else why not: the word of the skipped test.
std::string WhyNoMounts();

/// Unmounted by the destructor.
class ScopedMount {
 public:
  /// A memory file system of `bytes` at `target`.
  static ScopedMount Tmpfs(const std::filesystem::path& target, uint64_t bytes);
  /// `source` seen read-only at `target`.
  static ScopedMount ReadOnly(const std::filesystem::path& source,
                              const std::filesystem::path& target);
  ScopedMount(ScopedMount&&) = delete;
  ScopedMount& operator=(ScopedMount&&) = delete;
  ~ScopedMount();

  bool ok() const { return ok_; }

 private:
  ScopedMount(const std::filesystem::path& target, bool ok) : target_(target), ok_(ok) {}
  std::filesystem::path target_;
  bool ok_;
};

}  // namespace vetor
