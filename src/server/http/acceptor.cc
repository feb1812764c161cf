#include "server/http/acceptor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "os/log.h"

namespace vetor {
namespace {

namespace asio = boost::asio;

/// As many as a listening socket holds; clients that come faster cannot keep Stop from its end.
constexpr int kMostTakenAtOnce = 4096;

/// Whether accepting can go on at once. Other errors last: descriptors or memory are used up.
bool IsPassing(const WireError& error) {
  return !error || error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::connection_aborted || error == asio::error::interrupted;
}

}  // namespace

Acceptor::Acceptor(std::vector<ListeningSocket>* sockets,
                   std::vector<std::shared_ptr<EventLoop>> loops)
    : loops_(std::move(loops)), wakeup_(&loops_.front()->io()) {
  for (ListeningSocket& socket : *sockets) {
    const asio::generic::stream_protocol protocol(socket.family(), 0);
    entries_.push_back({Listener(loops_.front()->io()), socket.is_unix()});
    WireError ignored;  // The descriptor is valid: only the reactor's memory could be refused.
    entries_.back().listener.assign(protocol, socket.Release(), ignored);
    entries_.back().listener.non_blocking(true, ignored);
  }
}

void Acceptor::Start() {
  loops_.front()->SetIdleWakeup(&wakeup_);
  for (Entry& entry : entries_) {
    asio::co_spawn(loops_.front()->io(), AcceptAll(&entry), asio::detached);
    loops_.front()->state().sources.fetch_add(1);
  }
}

EventLoop* Acceptor::NextLoop() { return loops_[next_loop_++ % loops_.size()].get(); }

asio::awaitable<WireError> Acceptor::AcceptSome(Entry* entry) {
  // Not async_accept: without a free descriptor the system refuses to accept even if nobody waits,
  // and idle connections would be closed for nothing.
  WireError error;
  co_await entry->listener.async_wait(Listener::wait_read,
                                      asio::redirect_error(asio::use_awaitable, error));
  if (!error && !stopping_) error = TakeWaiting(entry);
  co_return error;
}

WireError Acceptor::TakeWaiting(Entry* entry) {
  WireError error;
  for (int taken = 0; taken < kMostTakenAtOnce; ++taken) {
    EventLoop* const loop = NextLoop();
    StreamSocket socket = entry->listener.accept(loop->io(), error);
    // Behind a connection the error need not mean anything: see AcceptSome.
    if (error) return taken > 0 ? WireError() : error;
    loop->state().counters.accepted.fetch_add(1, std::memory_order_relaxed);
    loop->Adopt(std::move(socket), entry->is_unix);
  }
  return error;
}

asio::awaitable<void> Acceptor::AcceptAll(Entry* entry) {
  auto& counters = loops_.front()->state().counters;
  while (!stopping_) {
    WireError error;
    try {
      error = co_await AcceptSome(entry);
    } catch (const std::exception&) {
      counters.failures.fetch_add(1, std::memory_order_relaxed);
      error = make_error_code(boost::system::errc::not_enough_memory);
    }
    if (stopping_ || IsPassing(error)) continue;
    if (counters.accept_pauses.fetch_add(1, std::memory_order_relaxed) == 0) {
      Log(LogLevel::kWarning,
          "the system gives no more connections ({}); raise the limit of open files (ulimit -n, "
          "LimitNOFILE=) or lower ai.server.max_connections",
          error.message());
    }
    // Nothing is tried until a connection closes or deadlines are checked: no spinning.
    loops_.front()->DropOldestIdle();
    try {
      co_await wakeup_.Wait();
    } catch (const std::exception&) {
      counters.failures.fetch_add(1, std::memory_order_relaxed);
    }
  }
  EndSource(loops_);
}

void Acceptor::EndSource(const std::vector<std::shared_ptr<EventLoop>>& loops) {
  if (loops.front()->state().sources.fetch_sub(1) > 1) return;
  for (const auto& loop : loops) {
    try {
      asio::post(loop->io(), [loop = loop.get()] { loop->CheckDeadlines(); });
    } catch (const std::exception&) {
      continue;  // The loop checks regularly as well.
    }
  }
}

void Acceptor::Stop() {
  if (std::exchange(stopping_, true)) return;
  for (Entry& entry : entries_) {
    try {
      TakeWaiting(&entry);
    } catch (const std::exception&) {
      loops_.front()->state().counters.failures.fetch_add(1, std::memory_order_relaxed);
    }
    WireError ignored;
    entry.listener.close(ignored);
  }
  loops_.front()->SetIdleWakeup(nullptr);
  wakeup_.Notify();
}

}  // namespace vetor
