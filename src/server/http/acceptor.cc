#include "server/http/acceptor.h"

#include <boost/asio/error.hpp>
#include <utility>

#include "os/log.h"

namespace vetor {
namespace {

namespace asio = boost::asio;

/// Then the connections that are open have their turn.
constexpr int kMostTakenAtOnce = 64;
/// As many as a listening socket holds; clients that come faster cannot keep Stop from its end.
constexpr int kMostTakenAtTheEnd = 4096;

/// Whether accepting can go on at once. Other errors last: descriptors or memory are used up.
bool IsPassing(const WireError& error) {
  return !error || error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::connection_aborted || error == asio::error::interrupted;
}

}  // namespace

Acceptor::Acceptor(std::vector<ListeningSocket>* sockets,
                   std::vector<std::shared_ptr<EventLoop>> loops)
    : loops_(std::move(loops)) {
  entries_.reserve(sockets->size());  // Handlers keep places of entries.
  for (ListeningSocket& socket : *sockets) {
    const asio::generic::stream_protocol protocol(socket.family(), 0);
    entries_.push_back(
        {Listener(loops_.front()->io()), std::make_shared<const ConnectionSource>(ConnectionSource{
                                             socket.is_unix(), socket.loopback_host()})});
    WireError ignored;  // The descriptor is valid: only the reactor's memory could be refused.
    entries_.back().listener.assign(protocol, socket.Release(), ignored);
    entries_.back().listener.non_blocking(true, ignored);
  }
}

void Acceptor::Resume() {
  for (Entry& entry : entries_) {
    if (!entry.waits && !stopping_) Wait(&entry);
  }
}

EventLoop* Acceptor::NextLoop() { return loops_[next_loop_++ % loops_.size()].get(); }

// Not a coroutine: memory that is refused when a wait begins ends a coroutine for good.
void Acceptor::Wait(Entry* entry) {
  // Not async_accept: without a free descriptor the system refuses to accept even if nobody waits,
  // and idle connections would be closed for nothing.
  entry->listener.async_wait(Listener::wait_read, [this, entry](WireError error) {
    entry->waits = false;
    OnReadable(entry, error);
  });
  entry->waits = true;
}

void Acceptor::OnReadable(Entry* entry, WireError error) {
  if (stopping_) return;
  if (!error) error = TakeWaiting(entry, kMostTakenAtOnce);
  if (IsPassing(error)) return Wait(entry);
  if (loops_.front()->state().counters.accept_pauses.fetch_add(1) == 0) {
    Log(LogLevel::kWarning,
        "the system gives no more connections ({}); raise the limit of open files (ulimit -n, "
        "LimitNOFILE=) or lower ai.server.max_connections",
        error.message());
  }
  // Resume goes on when a connection closes or deadlines are checked: no spinning.
  loops_.front()->DropOldestIdle();
}

WireError Acceptor::TakeWaiting(Entry* entry, int most) {
  WireError error;
  for (int taken = 0; taken < most; ++taken) {
    EventLoop* const loop = NextLoop();
    StreamSocket socket = entry->listener.accept(loop->io(), error);
    // Behind a connection the error need not mean anything: see Wait.
    if (error) return taken > 0 ? WireError() : error;
    loop->state().counters.accepted.fetch_add(1, std::memory_order_relaxed);
    loop->Adopt(std::move(socket), entry->source);
  }
  return error;
}

void Acceptor::Stop() {
  if (std::exchange(stopping_, true)) return;
  for (Entry& entry : entries_) {
    try {
      TakeWaiting(&entry, kMostTakenAtTheEnd);
    } catch (const std::exception&) {
      loops_.front()->state().counters.failures.fetch_add(1, std::memory_order_relaxed);
    }
    WireError ignored;
    entry.listener.close(ignored);
  }
}

}  // namespace vetor
