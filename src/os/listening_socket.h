// Sockets that wait for connections: of a host and port, of a path in the file system, or handed
// over by the service manager that started this process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// Owns the descriptor, and the file of a Unix socket that it made. Move-only.
class ListeningSocket {
 public:
  /// `host` is a name or an address of IPv4 or IPv6, with or without brackets; "::" takes IPv4 as
  /// well. Port 0 lets the system choose. Errors: INVALID_ARGUMENT for a host without an address,
  /// PERMISSION_DENIED, UNAVAILABLE if the address is taken or is not one of this machine.
  static Result<ListeningSocket> OnPort(const std::string& host, int port);

  /// A Unix socket at `path` with mode 0660. The file of a socket on which nobody listens any more
  /// is replaced. Errors: UNAVAILABLE if somebody listens there, FAILED_PRECONDITION if the path
  /// names a file that is not a socket, INVALID_ARGUMENT if it is too long for the system.
  static Result<ListeningSocket> OnPath(const std::filesystem::path& path);

  /// The sockets that a service manager opened for this process (LISTEN_PID, LISTEN_FDS); none if
  /// it opened none. The variables are removed, so that child processes do not take them for
  /// theirs. Errors: INVALID_ARGUMENT for one that is not a listening stream socket.
  static Result<std::vector<ListeningSocket>> Inherited();

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;
  ~ListeningSocket();  ///< Removes the file that OnPath made, if it is still that one.

  /// The descriptor, from now on the caller's; the file stays with the object.
  int Release();

  /// The system's number of the family of addresses.
  int family() const { return family_; }
  bool is_unix() const { return is_unix_; }
  uint16_t port() const { return port_; }  ///< 0 for a Unix socket.
  /// "127.0.0.1:8080", "[::1]:8080", "/run/vetor.sock"
  const std::string& address() const { return address_; }
  /// "127.0.0.2", "[::1]": the address, as the header Host of HTTP writes it, if only this machine
  /// reaches it; else empty.
  const std::string& loopback_host() const { return loopback_host_; }

 private:
  explicit ListeningSocket(int fd) : fd_(fd) {}
  Status Describe();

  int fd_ = -1;
  int family_ = 0;
  bool is_unix_ = false;
  uint16_t port_ = 0;
  std::string address_;
  std::string loopback_host_;
  std::string own_file_;
  uint64_t own_inode_ = 0;
};

}  // namespace vetor
