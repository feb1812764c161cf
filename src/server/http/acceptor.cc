#include "server/http/acceptor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "os/log.h"

namespace vetor {
namespace {

namespace asio = boost::asio;

bool IsOutOfDescriptors(const WireError& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory;
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
  }
}

void Acceptor::Start() {
  loops_.front()->SetIdleWakeup(&wakeup_);
  for (Entry& entry : entries_) {
    asio::co_spawn(loops_.front()->io(), AcceptAll(&entry), asio::detached);
  }
}

EventLoop* Acceptor::NextLoop() { return loops_[next_loop_++ % loops_.size()].get(); }

asio::awaitable<WireError> Acceptor::AcceptOne(Entry* entry) {
  EventLoop* const loop = NextLoop();
  WireError error;
  StreamSocket socket = co_await entry->listener.async_accept(
      loop->io(), asio::redirect_error(asio::use_awaitable, error));
  if (!error) {
    loop->state().counters.accepted.fetch_add(1, std::memory_order_relaxed);
    loop->Adopt(std::move(socket), entry->is_unix);
  }
  co_return error;
}

asio::awaitable<void> Acceptor::AcceptAll(Entry* entry) {
  auto& counters = loops_.front()->state().counters;
  while (!stopping_) {
    WireError error;
    try {
      error = co_await AcceptOne(entry);
    } catch (const std::exception&) {
      counters.failures.fetch_add(1, std::memory_order_relaxed);
      error = make_error_code(boost::system::errc::not_enough_memory);
    }
    if (stopping_ || !IsOutOfDescriptors(error)) continue;
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
}

void Acceptor::TakeBacklog(Entry* entry) {
  WireError error;
  entry->listener.cancel(error);
  entry->listener.non_blocking(true, error);
  while (!error) {
    EventLoop* const loop = NextLoop();
    StreamSocket socket = entry->listener.accept(loop->io(), error);
    if (error) break;
    loop->state().counters.accepted.fetch_add(1, std::memory_order_relaxed);
    loop->Adopt(std::move(socket), entry->is_unix);
  }
  entry->listener.close(error);
}

void Acceptor::Stop() {
  if (std::exchange(stopping_, true)) return;
  for (Entry& entry : entries_) {
    try {
      TakeBacklog(&entry);
    } catch (const std::exception&) {
      WireError ignored;
      entry.listener.close(ignored);
    }
  }
  loops_.front()->SetIdleWakeup(nullptr);
  wakeup_.Notify();
}

}  // namespace vetor
