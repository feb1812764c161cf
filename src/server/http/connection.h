// One connection: its requests, one after the other, from the first byte to the last answer.
//
// A coroutine reads a head, asks the handler about it, reads the body, hands the request over and
// writes the answer. While a request is being handled the connection goes on reading into a bounded
// buffer: bytes are the next request (pipelining). An end means that the client sends nothing more:
// it may have gone, or wait for its answer (RFC 9112, section 9.6). TCP does not tell which until
// something is sent, so an interim answer is sent, which clients skip (RFC 9110, section 15.2): the
// system of a client that has gone breaks the connection, and its request is told to stop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include "server/http/answer_slot.h"
#include "server/http/event_loop.h"
#include "server/http/input_buffer.h"
#include "server/http/request_parser.h"
#include "server/http/wire_stream.h"

namespace vetor {

/// Belongs to its loop and runs on the loop's thread.
class Connection final : public WireReader, public std::enable_shared_from_this<Connection> {
 public:
  struct Peer {
    std::shared_ptr<const ConnectionSource> source;
    bool encrypted = false;
    bool refused = false;  ///< The server is full: it is told so and closed.
  };

  Connection(EventLoop* loop, std::unique_ptr<WireStream> stream, Peer peer);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The whole life of the connection; removes it from its loop at the end. Throws nothing.
  boost::asio::awaitable<void> Run();

  bool refused() const { return peer_.refused; }
  void CheckDeadline(std::chrono::steady_clock::time_point now);
  /// Something that the coroutine waits for has changed.
  void Wake() { changed_.Notify(); }
  /// The drain's time is over: the request under way is told to stop, one that is not complete is
  /// given up.
  void StopRequest();
  /// Closes at once.
  void Drop();
  /// The loop is being destroyed.
  void Detach() { attached_ = false; }

  void OnRead(WireError error, size_t count) override;
  void OnBreak() override;

 private:
  enum class Phase { kHandshake, kIdle, kHead, kBody, kHandling, kWriting, kFinishing };
  struct Request;
  struct End;

  boost::asio::awaitable<void> ServeAll();
  boost::asio::awaitable<bool> ServeRequest();
  boost::asio::awaitable<bool> ReadHead(Request* request);
  boost::asio::awaitable<bool> ReadBody(Request* request);
  boost::asio::awaitable<bool> AnswerHead(Request* request, HttpResponse response);
  boost::asio::awaitable<bool> Handle(Request* request);
  boost::asio::awaitable<std::optional<HttpResponse>> AwaitAnswer(const Request& request,
                                                                  AnswerSlot* slot);
  boost::asio::awaitable<void> AskWhetherClientIsThere(const Request& request);
  boost::asio::awaitable<bool> Refuse(Request* request, HttpRefusal refusal);
  boost::asio::awaitable<bool> Answer(Request* request, HttpResponse response);
  boost::asio::awaitable<bool> WriteAnswer(std::string_view head, std::string_view body);
  boost::asio::awaitable<bool> Write(std::string_view head, std::string_view body);
  boost::asio::awaitable<bool> AwaitInput(size_t wanted);

  void StartRead(size_t wanted);
  void Enter(Phase phase, std::chrono::milliseconds timeout);
  void EnterUntimed(Phase phase);
  void NoteDisconnect();
  void WatchForBreak();
  bool over() const { return ended_ || lost_ || dropped_; }

  EventLoop* const loop_;
  ServerState& state_;
  const std::unique_ptr<WireStream> stream_;
  const Peer peer_;
  Wakeup changed_;
  InputBuffer input_;

  Phase phase_ = Phase::kHandshake;
  std::chrono::steady_clock::time_point deadline_;
  std::optional<EventLoop::IdlePlace> idle_place_;
  std::stop_source stop_;  // Of the request under way.

  bool attached_ = true;    // The loop is there.
  bool reading_ = false;    // A read is under way, into the buffer's room.
  bool ended_ = false;      // The client sends nothing more.
  bool asked_ = false;      // Since then it was asked whether it is still there.
  bool watched_ = false;    // AwaitBreak is under way, until the connection's end.
  bool lost_ = false;       // The connection broke.
  bool dropped_ = false;    // We closed it.
  bool expired_ = false;    // The deadline of the phase passed.
  bool answering_ = false;  // Bytes of an answer may have been sent.
};

}  // namespace vetor
