// Takes connections from the listening sockets and hands them to the loops in turn.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "os/listening_socket.h"
#include "server/http/event_loop.h"

namespace vetor {

/// Runs on the thread of the first loop.
class Acceptor final : public LoopGuest {
 public:
  /// The descriptors of `sockets` become the acceptor's; the files of Unix sockets stay theirs.
  Acceptor(std::vector<ListeningSocket>* sockets, std::vector<std::shared_ptr<EventLoop>> loops);

  /// Waits for connections on sockets on which it does not wait already: at the start, and after
  /// descriptors or memory were used up.
  void Resume() override;

  /// Takes the connections that the system holds already, because their clients think that they
  /// are connected, and then closes the sockets.
  void Stop();

 private:
  using Listener = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;
  struct Entry {
    Listener listener;
    std::shared_ptr<const ConnectionSource> source;
    bool waits = false;
  };

  void Wait(Entry* entry);
  void OnReadable(Entry* entry, WireError error);
  WireError TakeWaiting(Entry* entry, int most);
  EventLoop* NextLoop();

  const std::vector<std::shared_ptr<EventLoop>> loops_;
  std::vector<Entry> entries_;
  size_t next_loop_ = 0;
  bool stopping_ = false;
};

}  // namespace vetor
