#include "server/http/event_loop.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "base/exceptions.h"
#include "os/log.h"
#include "server/http/connection.h"
#include "server/http/response_head.h"

namespace vetor {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kCheckInterval{200};
/// Connections beyond the bound that are told so at the same time; more are closed without a word.
constexpr int kMaxRefusalsOpen = 64;

}  // namespace

Wakeup::Wakeup(asio::io_context* io) : timer_(*io, asio::steady_timer::time_point::max()) {}

asio::awaitable<void> Wakeup::Wait() {
  WireError ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Wakeup::Notify() { timer_.cancel(); }

EventLoop::EventLoop(std::shared_ptr<ServerState> state)
    : state_(std::move(state)), work_(io_.get_executor()), ticker_(io_) {}

EventLoop::~EventLoop() {
  for (const auto& [connection, owner] : connections_) connection->Detach();
}

void EventLoop::SetGuest(LoopGuest* guest) {
  guest_ = guest;
  guest_->Resume();
}

void EventLoop::Run() {
  while (true) {
    const Status status = CatchExceptions([this] {
      Resume();
      io_.run();
      return Status();
    });
    if (status.ok()) return;
    // Connections catch their own; this is the system refusing memory for something in between.
    state_->counters.failures.fetch_add(1, std::memory_order_relaxed);
    std::this_thread::yield();
  }
}

void EventLoop::Resume() {
  if (state_->options.clock == nullptr && !ticks_ && !finished_) WaitForTick();
  if (guest_ != nullptr) guest_->Resume();
}

// Not a coroutine: memory that is refused when a wait begins ends a coroutine for good.
void EventLoop::WaitForTick() {
  ticker_.expires_after(kCheckInterval);
  ticker_.async_wait([this](WireError) {
    ticks_ = false;
    if (finished_) return;
    CheckDeadlines();
    if (!finished_) WaitForTick();
  });
  ticks_ = true;
}

void EventLoop::Adopt(StreamSocket socket, std::shared_ptr<const ConnectionSource> source) {
  if (io_.get_executor().running_in_this_thread()) {
    Open(std::move(socket), std::move(source));
    return;
  }
  arriving_.fetch_add(1);
  // Counted down when the function is destroyed, so also if posting it fails.
  const std::shared_ptr<void> arrival(nullptr, [this](void*) { arriving_.fetch_sub(1); });
  asio::post(io_, [this, source, arrival, socket = std::move(socket)]() mutable {
    Open(std::move(socket), source);
  });
}

void EventLoop::Open(StreamSocket socket, std::shared_ptr<const ConnectionSource> source) {
  auto& counters = state_->counters;
  const auto max_connections = static_cast<uint64_t>(state_->options.max_connections);
  const bool full = counters.open.load() >= max_connections && !DropOldestIdle();
  if (full) {
    counters.refused.fetch_add(1, std::memory_order_relaxed);
    if (state_->refusals_open.load() >= kMaxRefusalsOpen) return;
  }
  WireError ignored;
  if (!source->is_unix) {
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
  }
  Connection::Peer peer{.source = std::move(source), .refused = full};
  std::unique_ptr<WireStream> stream;
  if (auto context = state_->certificates.Current()) {
    peer.encrypted = true;
    stream = MakeTlsStream(std::move(socket), std::move(context));
  } else {
    stream = MakePlainStream(std::move(socket));
  }
  auto connection = std::make_shared<Connection>(this, std::move(stream), peer);
  connections_.emplace(connection.get(), connection);
  if (full) {
    state_->refusals_open.fetch_add(1);
  } else {
    counters.open.fetch_add(1);
  }
  try {
    asio::co_spawn(io_, connection->Run(), asio::detached);
  } catch (const std::exception&) {
    counters.failures.fetch_add(1, std::memory_order_relaxed);
    Remove(connection.get());
  }
}

bool EventLoop::DropOldestIdle() {
  if (idle_.empty()) return false;
  state_->counters.dropped_idle.fetch_add(1, std::memory_order_relaxed);
  idle_.front()->Drop();
  return true;
}

EventLoop::IdlePlace EventLoop::EnterIdle(Connection* connection) {
  return idle_.insert(idle_.end(), connection);
}

void EventLoop::Remove(Connection* connection) {
  if (!connections_.contains(connection)) return;
  if (connection->refused()) {
    state_->refusals_open.fetch_sub(1);
  } else {
    state_->counters.open.fetch_sub(1);
  }
  connections_.erase(connection);
  FinishIfDone();
  const Status resumed = CatchExceptions([this] {
    if (guest_ != nullptr) guest_->Resume();
    return Status();
  });
  // The next look at deadlines tries again.
  if (!resumed.ok()) state_->counters.failures.fetch_add(1, std::memory_order_relaxed);
}

void EventLoop::CheckDeadlines() {
  const auto now = state_->Now();
  for (const auto& [connection, owner] : connections_) connection->CheckDeadline(now);
  if (const auto plan = state_->drain_plan()) ApplyDrainPlan(*plan, now);
  FinishIfDone();
  if (guest_ != nullptr) guest_->Resume();
}

void EventLoop::ApplyDrainPlan(const DrainPlan& plan, std::chrono::steady_clock::time_point now) {
  if (now >= plan.idle_end) {
    while (!idle_.empty()) idle_.front()->Drop();
  }
  for (const auto& [connection, owner] : connections_) {
    if (now >= plan.all_end) {
      connection->Drop();
    } else if (now >= plan.requests_end) {
      connection->StopRequest();
    }
  }
}

void EventLoop::FinishIfDone() {
  if (finished_ || !state_->draining.load() || state_->accepting.load()) return;
  if (!connections_.empty() || arriving_.load() > 0) return;
  finished_ = true;
  work_.reset();
  ticker_.cancel();
}

const std::string& EventLoop::Date() {
  const int64_t second = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  if (second != date_second_) {
    date_ = FormatHttpDate(second);
    date_second_ = second;
  }
  return date_;
}

}  // namespace vetor
