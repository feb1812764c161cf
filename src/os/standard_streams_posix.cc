#include "os/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace vetor {
namespace {

bool occupied[3] = {false, false, false};

}  // namespace

void OccupyClosedStandardStreams() noexcept {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest number that is free, which is this one.
    const int opened = ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    occupied[fd] = opened == fd;
  }
}

bool IsClosedStandardStream(int fd) noexcept { return fd >= 0 && fd <= 2 && occupied[fd]; }

void WriteToStandardError(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      struct pollfd wait = {STDERR_FILENO, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace vetor
