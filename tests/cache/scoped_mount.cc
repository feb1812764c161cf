#include "cache/scoped_mount.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <system_error>

namespace vetor {
namespace {

std::string EnterNamespace() {
  // Root needs only a mount namespace; other users need one in which they are root.
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return "no mount namespace of its own: " + std::generic_category().message(errno);
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return "mounts cannot be made private: " + std::generic_category().message(errno);
  }
  return "";
}

}  // namespace

std::string WhyNoMounts() {
  static const std::string why = EnterNamespace();
  return why;
}

ScopedMount ScopedMount::Tmpfs(const std::filesystem::path& target, uint64_t bytes) {
  std::filesystem::create_directories(target);
  const std::string size = "size=" + std::to_string(bytes);
  return {target, ::mount("tmpfs", target.c_str(), "tmpfs", 0, size.c_str()) == 0};
}

ScopedMount ScopedMount::ReadOnly(const std::filesystem::path& source,
                                  const std::filesystem::path& target) {
  std::filesystem::create_directories(target);
  return {target, ::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
                      ::mount("none", target.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY,
                              nullptr) == 0};
}

ScopedMount::~ScopedMount() { ::umount2(target_.c_str(), MNT_DETACH); }

}  // namespace vetor
