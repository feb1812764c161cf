#include "os/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "os/environment.h"

namespace vetor {
namespace {

constexpr int kBacklog = 4096;  // The system cuts it to its own bound.
constexpr int kFirstInherited = 3;
constexpr mode_t kSocketMode = 0660;

Status SocketError(int error, const std::string& address) {
  const std::string words = std::generic_category().message(error);
  switch (error) {
    case EADDRINUSE:
      return UnavailableError(fmt::format(
          "cannot listen on {}: another program does; stop it, or choose another address",
          address));
    case EADDRNOTAVAIL:
      return UnavailableError(
          fmt::format("cannot listen on {}: this machine does not have that address", address));
    case EACCES:
    case EPERM:
      return PermissionDeniedError(fmt::format(
          "cannot listen on {}: {}; ports below 1024 want a privilege, and a socket's folder must "
          "be writable",
          address, words));
    case ENOENT:
    case ENOTDIR:
      return NotFoundError(fmt::format(
          "cannot listen on {}: the folder of the socket is not there; make it first", address));
    case EMFILE:
    case ENFILE:
      return ResourceExhaustedError(fmt::format("cannot listen on {}: {}", address, words));
    default:
      return UnavailableError(fmt::format("cannot listen on {}: {}", address, words));
  }
}

struct AddressList {
  addrinfo* first = nullptr;
  ~AddressList() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
};

/// IPv4 before IPv6: a name such as localhost has both, and most clients try IPv4.
const addrinfo* Preferred(const addrinfo* list) {
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) return entry;
  }
  return list;
}

Result<sockaddr_un> UnixAddress(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.empty() || name.size() >= sizeof(address.sun_path)) {
    return InvalidArgumentError(
        fmt::format("the path of a Unix socket has {} bytes; it may have 1 to {}: {}", name.size(),
                    sizeof(address.sun_path) - 1, name));
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

/// Removes the file of a socket whose process ended without doing so.
Status RemoveStaleSocket(const std::string& path, const sockaddr_un& address) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return Status();  // bind says what is wrong, if anything.
  if (!S_ISSOCK(file.st_mode)) {
    return FailedPreconditionError(
        fmt::format("{} is there and is not a socket; choose another path or remove it", path));
  }
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return SocketError(errno, path);
  const int refused =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0
                                                                                          : errno;
  ::close(probe);
  if (refused == 0 || refused == EAGAIN) return SocketError(EADDRINUSE, path);
  if (refused != ECONNREFUSED) return SocketError(refused, path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SocketError(errno, path);
  return Status();
}

bool IsLoopback(const in_addr& address) {
  constexpr uint32_t kNet = 127;  // 127.0.0.0/8
  return ntohl(address.s_addr) >> 24 == kNet;
}

int InheritedCount() {
  const auto number = [](const char* name) {
    const auto text = GetEnvironment(name).value_or("");
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
  };
  return number("LISTEN_PID") == ::getpid() ? std::max(0, number("LISTEN_FDS")) : 0;
}

}  // namespace

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      family_(other.family_),
      is_unix_(other.is_unix_),
      port_(other.port_),
      address_(std::move(other.address_)),
      loopback_host_(std::move(other.loopback_host_)),
      own_file_(std::exchange(other.own_file_, {})),
      own_inode_(other.own_inode_) {}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
  struct stat file {};
  if (!own_file_.empty() && ::lstat(own_file_.c_str(), &file) == 0 && file.st_ino == own_inode_) {
    ::unlink(own_file_.c_str());
  }
}

int ListeningSocket::Release() { return std::exchange(fd_, -1); }

Status ListeningSocket::Describe() {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return SocketError(errno, "a socket");
  }
  family_ = bound.ss_family;
  char text[INET6_ADDRSTRLEN] = "";
  if (family_ == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(bound);
    port_ = ntohs(address.sin_port);
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
    address_ = fmt::format("{}:{}", text, port_);
    if (IsLoopback(address.sin_addr)) loopback_host_ = text;
  } else if (family_ == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(bound);
    port_ = ntohs(address.sin6_port);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
    address_ = fmt::format("[{}]:{}", text, port_);
    if (IN6_IS_ADDR_LOOPBACK(&address.sin6_addr)) loopback_host_ = fmt::format("[{}]", text);
  } else if (family_ == AF_UNIX) {
    is_unix_ = true;
    address_ = reinterpret_cast<const sockaddr_un&>(bound).sun_path;
  } else {
    return InvalidArgumentError("a socket that was handed over is neither TCP nor a Unix socket");
  }
  return Status();
}

Result<ListeningSocket> ListeningSocket::OnPort(const std::string& host, int port) {
  std::string name = host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  const std::string wanted = fmt::format("{}:{}", host, port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  AddressList list;
  const int failed = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &list.first);
  if (failed != 0) {
    return InvalidArgumentError(fmt::format(
        "ai.server.host \"{}\" has no address ({}); give an address of this machine, such as "
        "127.0.0.1",
        host, ::gai_strerror(failed)));
  }
  const addrinfo* address = Preferred(list.first);
  ListeningSocket socket(
      ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd_ < 0) return SocketError(errno, wanted);
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address->ai_family == AF_INET6) {
    ::setsockopt(socket.fd_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (::bind(socket.fd_, address->ai_addr, address->ai_addrlen) != 0 ||
      ::listen(socket.fd_, kBacklog) != 0) {
    return SocketError(errno, wanted);
  }
  VETOR_RETURN_IF_ERROR(socket.Describe());
  return socket;
}

Result<ListeningSocket> ListeningSocket::OnPath(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(const sockaddr_un address, UnixAddress(path));
  const std::string& name = path.native();
  VETOR_RETURN_IF_ERROR(RemoveStaleSocket(name, address));
  ListeningSocket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd_ < 0) return SocketError(errno, name);
  ::fchmod(socket.fd_, kSocketMode);  // Linux gives the file this mode, less the umask.
  if (::bind(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return SocketError(errno, name);
  }
  struct stat file {};
  if (::lstat(name.c_str(), &file) == 0) {
    socket.own_file_ = name;
    socket.own_inode_ = file.st_ino;
  }
  if (::chmod(name.c_str(), kSocketMode) != 0 || ::listen(socket.fd_, kBacklog) != 0) {
    return SocketError(errno, name);
  }
  VETOR_RETURN_IF_ERROR(socket.Describe());
  return socket;
}

Result<std::vector<ListeningSocket>> ListeningSocket::Inherited() {
  std::vector<ListeningSocket> sockets;
  const int count = InheritedCount();
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  for (int fd = kFirstInherited; fd < kFirstInherited + count; ++fd) {
    ListeningSocket socket(fd);
    int listens = 0;
    int type = 0;
    socklen_t size = sizeof(int);
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
        ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
      return InvalidArgumentError(
          fmt::format("descriptor {}, which LISTEN_FDS hands over, is not a listening stream "
                      "socket; check ListenStream= and Accept=no of its socket unit",
                      fd));
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    VETOR_RETURN_IF_ERROR(socket.Describe());
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

}  // namespace vetor
