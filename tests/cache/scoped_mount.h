// Mounts that only this process sees, for faults that permissions cannot make, because root may
// write anywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace vetor {

/// Empty if this process may mount; the first call enters a mount namespace of its own. Otherwise
/// it says why not, for the message of the skipped test.
std::string WhyNoMounts();

/// The destructor unmounts it.
class ScopedMount {
 public:
  /// Mounts a memory file system of `bytes` at `target`.
  static ScopedMount Tmpfs(const std::filesystem::path& target, uint64_t bytes);
  /// Shows `source` read-only at `target`.
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
