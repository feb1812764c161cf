// One thread's connections: who is open, who is idle, and which deadlines have passed.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "server/http/server_state.h"
#include "server/http/wire_stream.h"

namespace vetor {

class Connection;

/// Wakes coroutines that wait for any of several changes, on their loop's thread.
class Wakeup {
 public:
  explicit Wakeup(boost::asio::io_context* io);
  /// Returns after the next Notify. Conditions are looked at before and after, as with CondVar:
  /// nothing else runs on the thread between the look and the wait.
  boost::asio::awaitable<void> Wait();
  void Notify();

 private:
  boost::asio::steady_timer timer_;
};

/// Works on a loop's thread beside its connections.
class LoopGuest {
 public:
  virtual ~LoopGuest() = default;
  /// Called at the start, when a connection has closed, when deadlines are checked, and when memory
  /// was refused. May throw std::bad_alloc and is called again then.
  virtual void Resume() = 0;
};

/// What is known of the listening socket that a connection came through.
struct ConnectionSource {
  bool is_unix = false;
  std::string loopback_host;  ///< As of ListeningSocket.
};

/// Runs on one thread; a function is for that thread unless it says otherwise.
class EventLoop : public std::enable_shared_from_this<EventLoop> {
 public:
  explicit EventLoop(std::shared_ptr<ServerState> state);
  ~EventLoop();

  boost::asio::io_context& io() { return io_; }
  ServerState& state() { return *state_; }

  /// Serves until the server drains and the last connection has closed.
  void Run();

  /// Takes over a connection that an acceptor got for this loop. From any thread.
  void Adopt(StreamSocket socket, std::shared_ptr<const ConnectionSource> source);

  void SetGuest(LoopGuest* guest);

  /// Closes the connection that has been idle for longest; false if none is.
  bool DropOldestIdle();

  void CheckDeadlines();

  // Called by connections.
  using IdlePlace = std::list<Connection*>::iterator;
  IdlePlace EnterIdle(Connection* connection);
  void LeaveIdle(IdlePlace place) { idle_.erase(place); }
  void Remove(Connection* connection);  ///< Throws nothing.
  const std::string& Date();

 private:
  void Resume();
  void WaitForTick();
  void Open(StreamSocket socket, std::shared_ptr<const ConnectionSource> source);
  void ApplyDrainPlan(const DrainPlan& plan, std::chrono::steady_clock::time_point now);
  void FinishIfDone();

  boost::asio::io_context io_{1};  // Destroyed last: connections and timers lie in it.
  const std::shared_ptr<ServerState> state_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer ticker_;
  LoopGuest* guest_ = nullptr;
  bool ticks_ = false;  // ticker_ is being waited for.
  std::atomic<int> arriving_{0};
  bool finished_ = false;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::list<Connection*> idle_;  // The oldest first.
  int64_t date_second_ = -1;
  std::string date_;
};

}  // namespace vetor
