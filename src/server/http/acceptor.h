// Takes connections from the listening sockets and hands them to the loops in turn.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "os/listening_socket.h"
#include "server/http/event_loop.h"

namespace vetor {

/// Runs on the thread of the first loop.
class Acceptor {
 public:
  /// The descriptors of `sockets` become the acceptor's; the files of Unix sockets stay theirs.
  Acceptor(std::vector<ListeningSocket>* sockets, std::vector<std::shared_ptr<EventLoop>> loops);

  void Start();

  /// Takes the connections that the system holds already, because their clients think that they
  /// are connected, and then closes the sockets.
  void Stop();

  /// One source of connections less (ServerState::sources); tells the loops of the last one's end.
  static void EndSource(const std::vector<std::shared_ptr<EventLoop>>& loops);

 private:
  using Listener = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;
  struct Entry {
    Listener listener;
    bool is_unix;
  };

  boost::asio::awaitable<void> AcceptAll(Entry* entry);
  boost::asio::awaitable<WireError> AcceptSome(Entry* entry);
  WireError TakeWaiting(Entry* entry);
  EventLoop* NextLoop();

  const std::vector<std::shared_ptr<EventLoop>> loops_;
  Wakeup wakeup_;  // Notified when a descriptor may have become free.
  std::vector<Entry> entries_;
  size_t next_loop_ = 0;
  bool stopping_ = false;
};

}  // namespace vetor
