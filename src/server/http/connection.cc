#include "server/http/connection.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "server/http/response_head.h"

namespace vetor {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr size_t kHeadReadBytes = 2U << 10;  // What an idle connection holds.
constexpr size_t kBodyReadBytes = 64U << 10;
/// A refused body up to this size is read and dropped, so that the connection can be kept.
constexpr uint64_t kMaxDroppedBody = 256U << 10;
constexpr uint64_t kSlowestReaderBytesPerMs = 64;
/// Of an answer; each has a deadline of its own.
constexpr size_t kWritePieceBytes = 256U << 10;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
/// Needs no memory.
constexpr std::string_view kNoMemory =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

RequestParser::Limits LimitsOf(const HttpServerOptions& options) {
  RequestParser::Limits limits;
  limits.body_bytes = options.max_body_bytes;
  return limits;
}

/// The answer to OPTIONS *, which asks about the server as a whole.
std::optional<HttpResponse> ServerOptions() {
  return HttpResponse{.status = 204, .fields = {{"Allow", "GET, HEAD, POST, OPTIONS"}}};
}

}  // namespace

struct Connection::Request {
  explicit Request(const ServerState& state) : parser(LimitsOf(state.options)) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  RequestParser parser;
  TimePoint received;
  std::shared_ptr<HeldBytes> held;  // Counts the body; null before a byte of it came.
  bool is_head = false;             // The method is HEAD: an answer has no body.
};

Connection::Connection(EventLoop* loop, std::unique_ptr<WireStream> stream, Peer peer)
    : loop_(loop),
      state_(loop->state()),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      changed_(&loop->io()),
      input_(RequestParser::Limits().head_bytes),
      deadline_(state_.Now() + state_.options.header_timeout) {}

Connection::~Connection() = default;

// ---- Time, reading and ends
// ----------------------------------------------------------------------

void Connection::Enter(Phase phase, milliseconds timeout) {
  EnterUntimed(phase);
  deadline_ = state_.Now() + timeout;
}

void Connection::EnterUntimed(Phase phase) {
  // Closing a connection beyond the bound would make no room for another.
  const bool idle = phase == Phase::kIdle || (phase == Phase::kFinishing && !peer_.refused);
  if (idle && !idle_place_ && !dropped_) idle_place_ = loop_->EnterIdle(this);
  if (!idle && idle_place_) loop_->LeaveIdle(*std::exchange(idle_place_, std::nullopt));
  phase_ = phase;
  expired_ = false;
  deadline_ = TimePoint::max();
}

void Connection::CheckDeadline(TimePoint now) {
  if (now >= deadline_) {
    state_.counters.timeouts.fetch_add(1, std::memory_order_relaxed);
    deadline_ = TimePoint::max();
    expired_ = true;
    // What waits for input goes on to say so to the client; other operations end by closing.
    const bool reads = phase_ == Phase::kHead || phase_ == Phase::kBody || phase_ == Phase::kIdle;
    if (!reads) return Drop();
    Wake();
  }
  // For an answer whose wake was lost because memory was refused.
  if (phase_ == Phase::kHandling) Wake();
}

void Connection::StopRequest() {
  stop_.request_stop();
  if (phase_ == Phase::kHead || phase_ == Phase::kBody || phase_ == Phase::kHandshake) Drop();
}

void Connection::Drop() {
  if (idle_place_) loop_->LeaveIdle(*std::exchange(idle_place_, std::nullopt));
  dropped_ = true;
  stop_.request_stop();
  stream_->Close();
  Wake();
}

void Connection::StartRead(size_t wanted) {
  if (reading_ || ended_ || lost_) return;
  const auto room = input_.Prepare(wanted);
  if (room.empty()) return;
  stream_->Read(room, shared_from_this());
  reading_ = true;
}

void Connection::OnRead(WireError error, size_t count) {
  reading_ = false;
  input_.Commit(count);
  state_.counters.bytes_read.fetch_add(count, std::memory_order_relaxed);
  if (error) {
    ended_ = true;
    if (error != asio::error::eof) NoteDisconnect();
  }
  Wake();
}

void Connection::OnBreak() {
  NoteDisconnect();
  Wake();
}

void Connection::WatchForBreak() {
  if (!std::exchange(watched_, true)) stream_->AwaitBreak(shared_from_this());
}

void Connection::NoteDisconnect() {
  lost_ = true;
  if (phase_ != Phase::kHandling) return;
  state_.counters.disconnects.fetch_add(1, std::memory_order_relaxed);
  stop_.request_stop();
}

/// True when bytes came; false if none will come in time.
asio::awaitable<bool> Connection::AwaitInput(size_t wanted) {
  const size_t before = input_.bytes().size();
  while (!over() && !expired_) {
    StartRead(wanted);
    if (input_.bytes().size() > before) co_return true;
    co_await changed_.Wait();
    if (input_.bytes().size() > before) co_return true;
  }
  co_return false;
}

// ---- The life of a connection
// --------------------------------------------------------------------

/// Ends the connection with the coroutine. A coroutine is destroyed in the middle if the system
/// refuses memory when a wait begins: that exception goes to the loop and not to the coroutine.
struct Connection::End {
  explicit End(std::shared_ptr<Connection> ending) : connection(std::move(ending)) {}
  ~End() {
    if (!connection->attached_) return;
    connection->Drop();
    connection->loop_->Remove(connection.get());
  }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  const std::shared_ptr<Connection> connection;
};

asio::awaitable<void> Connection::Run() {
  const End end(shared_from_this());
  bool failed = false;
  try {
    co_await ServeAll();
  } catch (const std::exception&) {
    failed = true;
  }
  if (failed) {
    state_.counters.failures.fetch_add(1, std::memory_order_relaxed);
    try {
      if (!answering_ && !over() && phase_ != Phase::kHandshake) {
        Enter(Phase::kWriting, state_.options.write_timeout);
        co_await Write(kNoMemory, {});
      }
    } catch (const std::exception&) {
      failed = true;  // Closing is all that is left.
    }
  }
}

asio::awaitable<void> Connection::ServeAll() {
  const WireError failed = co_await stream_->Handshake();
  if (failed || dropped_) co_return;
  bool goes_on = true;
  if (peer_.refused) {
    Request request(state_);
    HttpRefusal full{503, "the server has as many connections as it takes; try again"};
    goes_on = co_await Refuse(&request, std::move(full));
  }
  EnterUntimed(Phase::kHandshake);
  deadline_ = state_.Now() + state_.options.header_timeout;  // Of the first head.
  while (goes_on) {
    goes_on = co_await ServeRequest();
  }
  if (over()) co_return;
  Enter(Phase::kFinishing, state_.options.linger_timeout);
  co_await stream_->EndWriting();
  // If a socket is closed while bytes of the client are unread, the system breaks the connection,
  // and the client may lose the answer. So they are read and dropped until it closes, or time is
  // up.
  do {
    input_.Consume(input_.bytes().size());
  } while (co_await AwaitInput(kBodyReadBytes));
}

/// False when the connection is to be closed.
asio::awaitable<bool> Connection::ServeRequest() {
  Request request(state_);
  if (!co_await ReadHead(&request)) co_return false;
  const HttpRequestHead& head = request.parser.head();
  std::optional<HttpResponse> early =
      head.path == "*" ? ServerOptions() : state_.handler->CheckHead(head);
  if (early) {
    co_return co_await AnswerHead(&request, *std::move(early));
  }
  if (!co_await ReadBody(&request)) co_return false;
  co_return co_await Handle(&request);
}

asio::awaitable<bool> Connection::ReadHead(Request* request) {
  RequestParser& parser = request->parser;
  const bool first = phase_ == Phase::kHandshake;
  const TimePoint first_deadline = deadline_;
  Enter(Phase::kIdle, state_.options.idle_timeout);
  if (first) deadline_ = first_deadline;
  while (true) {
    input_.Consume(parser.Feed(input_.bytes()));
    if (parser.begun() && phase_ == Phase::kIdle) {
      request->received = state_.Now();
      Enter(Phase::kHead, state_.options.header_timeout);
      if (first) deadline_ = first_deadline;
    }
    if (parser.stage() != RequestParser::Stage::kHead) break;
    const bool came = co_await AwaitInput(kHeadReadBytes);
    if (came) continue;
    if (over() || !parser.begun()) co_return false;
    HttpRefusal late{408, "the head of the request did not come in time"};
    co_return co_await Refuse(request, std::move(late));
  }
  HttpRequestHead& head = parser.head();
  head.encrypted = peer_.encrypted;
  head.local_socket = peer_.source->is_unix;
  head.loopback_host = peer_.source->loopback_host;
  request->is_head = head.method == "HEAD";
  if (parser.stage() == RequestParser::Stage::kRefused) {
    co_return co_await Refuse(request, parser.refusal());
  }
  co_return true;
}

asio::awaitable<bool> Connection::ReadBody(Request* request) {
  RequestParser& parser = request->parser;
  if (parser.stage() == RequestParser::Stage::kDone) co_return true;
  Enter(Phase::kBody, state_.options.body_timeout);
  request->held = std::make_shared<HeldBytes>(state_.options.budget);
  if (parser.framing().expects_continue && input_.bytes().empty()) {
    if (!co_await Write(kContinue, {})) co_return false;
    answering_ = false;
  }
  while (true) {
    input_.Consume(parser.Feed(input_.bytes()));
    if (parser.stage() == RequestParser::Stage::kRefused) {
      co_return co_await Refuse(request, parser.refusal());
    }
    if (!request->held->Hold(parser.body().size())) {
      std::string().swap(parser.body());
      request->held.reset();
      HttpRefusal full{503,
                       "the bodies and answers of all requests under way are as large as the "
                       "server holds (ai.server.max_held_mb); try again"};
      co_return co_await Refuse(request, std::move(full));
    }
    if (parser.stage() == RequestParser::Stage::kDone) co_return true;
    const bool came = co_await AwaitInput(kBodyReadBytes);
    if (came) continue;
    if (over()) co_return false;
    HttpRefusal late{408, "the body of the request did not come in time"};
    co_return co_await Refuse(request, std::move(late));
  }
}

/// An answer to the head alone: a short body is dropped, a long one ends the connection.
asio::awaitable<bool> Connection::AnswerHead(Request* request, HttpResponse response) {
  RequestParser& parser = request->parser;
  const RequestFraming& framing = parser.framing();
  const bool done = parser.stage() == RequestParser::Stage::kDone;
  const bool drops =
      !framing.chunked && !framing.expects_continue && framing.content_length <= kMaxDroppedBody;
  if (!done && !drops) response.close = true;
  if (!co_await Answer(request, std::move(response))) co_return false;
  parser.DropBody();
  Enter(Phase::kBody, state_.options.body_timeout);
  while (parser.stage() == RequestParser::Stage::kBody) {
    input_.Consume(parser.Feed(input_.bytes()));
    if (parser.stage() != RequestParser::Stage::kBody) break;
    if (!co_await AwaitInput(kBodyReadBytes)) co_return false;
  }
  co_return parser.stage() == RequestParser::Stage::kDone;
}

/// Of a client that sends nothing more. One of HTTP/1.0 knows no interim answers and is believed to
/// wait.
asio::awaitable<void> Connection::AskWhetherClientIsThere(const Request& request) {
  asked_ = true;
  if (!request.parser.framing().http_1_0) {
    Enter(Phase::kWriting, state_.options.write_timeout);
    // 100 and no other, because some clients skip only that one.
    const bool written = co_await Write(kContinue, {});
    answering_ = false;
    EnterUntimed(Phase::kHandling);
    if (!written) {
      NoteDisconnect();
      co_return;
    }
  }
  WatchForBreak();
}

asio::awaitable<std::optional<HttpResponse>> Connection::AwaitAnswer(const Request& request,
                                                                     AnswerSlot* slot) {
  while (!lost_ && !dropped_) {
    if (auto response = slot->Take()) co_return response;
    if (ended_ && !asked_) {
      co_await AskWhetherClientIsThere(request);
      continue;
    }
    StartRead(kHeadReadBytes);
    // Requests behind this one fill the buffer: no read tells of an end.
    if (!reading_ && !ended_) WatchForBreak();
    co_await changed_.Wait();
  }
  co_return std::nullopt;
}

asio::awaitable<bool> Connection::Handle(Request* request) {
  RequestParser& parser = request->parser;
  EnterUntimed(Phase::kHandling);
  stop_ = std::stop_source();
  if (const auto plan = state_.drain_plan(); plan && state_.Now() >= plan->requests_end) {
    stop_.request_stop();
  }
  state_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  const auto slot = std::make_shared<AnswerSlot>(loop_->shared_from_this(), weak_from_this());
  HttpResponder responder = AnswerSlot::MakeResponder(slot);
  HttpRequest handed{.head = parser.head(),
                     .body = std::move(parser.body()),
                     .received = request->received,
                     .held = std::move(request->held),
                     .stop = stop_.get_token()};
  state_.handler->Handle(std::move(handed), std::move(responder));
  auto response = co_await AwaitAnswer(*request, slot.get());
  if (!response) {
    stop_.request_stop();
    co_return false;
  }
  co_return co_await Answer(request, *std::move(response));
}

// ---- Answers
// -------------------------------------------------------------------------------------

asio::awaitable<bool> Connection::Refuse(Request* request, HttpRefusal refusal) {
  if (!peer_.refused) state_.counters.refused_requests.fetch_add(1, std::memory_order_relaxed);
  HttpResponse response =
      state_.handler->Refusal(refusal.status, refusal.reason, request->parser.head());
  response.close = true;
  co_return co_await Answer(request, std::move(response));
}

asio::awaitable<bool> Connection::Answer(Request* request, HttpResponse response) {
  const RequestFraming& framing = request->parser.framing();
  const bool keep_alive = framing.keep_alive && !response.close && !state_.draining.load() &&
                          (!ended_ || !input_.bytes().empty());
  const std::string head = FormatResponseHead(
      response, {.keep_alive = keep_alive, .http_1_0 = framing.http_1_0, .date = loop_->Date()});
  const bool has_body = StatusHasBody(response.status) && !request->is_head;
  const std::string_view body = has_body ? std::string_view(response.body) : std::string_view();
  const bool written = co_await WriteAnswer(head, body);
  answering_ = false;
  co_return written&& keep_alive;
}

/// Has a deadline for the whole, and one for each piece, so that a client which reads nothing does
/// not keep a large answer for long.
asio::awaitable<bool> Connection::WriteAnswer(std::string_view head, std::string_view body) {
  const milliseconds timeout = state_.options.write_timeout;
  Enter(Phase::kWriting, timeout);
  const TimePoint end = deadline_ + milliseconds(body.size() / kSlowestReaderBytesPerMs);
  do {
    const std::string_view piece = body.substr(0, kWritePieceBytes);
    if (!co_await Write(head, piece)) co_return false;
    head = {};
    body.remove_prefix(piece.size());
    deadline_ = std::min(end, state_.Now() + timeout);
  } while (!body.empty());
  co_return true;
}

asio::awaitable<bool> Connection::Write(std::string_view head, std::string_view body) {
  if (lost_ || dropped_) co_return false;
  answering_ = true;
  const std::array<asio::const_buffer, 2> buffers{asio::const_buffer(head.data(), head.size()),
                                                  asio::const_buffer(body.data(), body.size())};
  const WireError error = co_await stream_->Write(buffers);
  if (error) {
    lost_ = true;
    co_return false;
  }
  state_.counters.bytes_written.fetch_add(head.size() + body.size(), std::memory_order_relaxed);
  co_return true;
}

}  // namespace vetor
