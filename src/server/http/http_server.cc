#include "server/http/http_server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "base/thread_annotations.h"
#include "os/descriptor_limit.h"
#include "os/listening_socket.h"
#include "os/worker_threads.h"
#include "server/http/acceptor.h"
#include "server/http/event_loop.h"
#include "server/http/server_state.h"

namespace vetor {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kMostConnections = 10'000;
constexpr uint64_t kFewestConnections = 16;
/// Descriptors that models, the cache and its readers use beside the connections.
constexpr uint64_t kOtherDescriptors = 128;
constexpr uint64_t kDefaultBudgetBytes = 1ULL << 30;
constexpr milliseconds kIdleGrace{500};
constexpr milliseconds kAnswerGrace{1'000};

int DefaultMaxConnections(uint64_t descriptors) {
  const uint64_t left = descriptors > kOtherDescriptors ? descriptors - kOtherDescriptors : 0;
  return static_cast<int>(std::clamp(left, kFewestConnections, kMostConnections));
}

Result<std::vector<ListeningSocket>> OpenSockets(const HttpServerOptions& options) {
  VETOR_ASSIGN_OR_RETURN(auto sockets, ListeningSocket::Inherited());
  if (!sockets.empty()) return sockets;
  auto socket = options.socket.empty() ? ListeningSocket::OnPort(options.host, options.port)
                                       : ListeningSocket::OnPath(options.socket);
  if (!socket.ok()) return std::move(socket).status();
  sockets.push_back(*std::move(socket));
  return sockets;
}

}  // namespace

HttpServerOptions HttpServerOptions::From(const ServerConfig& config) {
  HttpServerOptions options;
  options.host = config.host;
  options.port = config.port;
  options.socket = config.socket;
  options.tls_cert = config.tls_cert;
  options.tls_key = config.tls_key;
  options.max_connections = config.max_connections;
  options.max_body_bytes = static_cast<uint64_t>(config.max_body_mb) << 20;
  options.header_timeout = milliseconds(config.header_timeout_ms);
  options.body_timeout = milliseconds(config.body_timeout_ms);
  return options;
}

struct HttpServer::Impl {
  std::shared_ptr<ServerState> state = std::make_shared<ServerState>();
  std::vector<ListeningSocket> sockets;
  std::string address;
  std::vector<std::shared_ptr<EventLoop>> loops;
  std::unique_ptr<Acceptor> acceptor;

  Mutex mutex;
  CondVar changed;
  size_t running VETOR_GUARDED_BY(mutex) = 0;  // Loops whose threads have not ended.
  WorkerThreads threads;                       // Destroyed first: they use all of the above.

  void RunLoop(EventLoop* loop);
  Status StartThreads(int count);
  void Describe();
  void End(const DrainPlan& plan);
};

void HttpServer::Impl::RunLoop(EventLoop* loop) {
  loop->Run();
  const MutexLock lock(&mutex);
  --running;
  changed.NotifyAll();
}

Status HttpServer::Impl::StartThreads(int count) {
  for (int i = 0; i < std::max(1, count); ++i) {
    auto loop = std::make_shared<EventLoop>(state);
    {
      const MutexLock lock(&mutex);
      ++running;
    }
    if (threads.Start([this, started = loop.get()] { RunLoop(started); })) {
      loops.push_back(std::move(loop));
      continue;
    }
    const MutexLock lock(&mutex);
    --running;
    if (loops.empty()) {
      return ResourceExhaustedError(
          "the system gives no thread to serve connections; raise the limit of processes (ulimit "
          "-u, pids.max)");
    }
    break;
  }
  return Status();
}

void HttpServer::Impl::Describe() {
  const ListeningSocket& first = sockets.front();
  const bool encrypted = state->certificates.Current() != nullptr;
  address = (first.is_unix() ? "unix:" : encrypted ? "https://" : "http://") + first.address();
}

/// On the first loop's thread. Answers say `Connection: close` only when the sockets are closed, so
/// that a client that connects anew is refused and not forgotten.
void HttpServer::Impl::End(const DrainPlan& plan) {
  const bool first = !state->draining.load();
  if (first && acceptor) acceptor->Stop();
  state->PlanDrain(plan);
  state->accepting.store(false);
  for (const auto& loop : loops) {
    boost::asio::post(loop->io(), [loop = loop.get()] { loop->CheckDeadlines(); });
  }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  BeginEnd(milliseconds(0), milliseconds(0));
  AwaitEnd();
}

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(const HttpServerOptions& options,
                                                       RequestHandler* handler) {
  auto impl = std::make_unique<Impl>();
  const uint64_t descriptors = RaiseDescriptorLimit();
  impl->state->options = options;
  impl->state->handler = handler;
  if (options.budget == nullptr) {
    impl->state->options.budget = std::make_shared<ByteBudget>(kDefaultBudgetBytes);
  }
  if (options.max_connections == 0) {
    impl->state->options.max_connections = DefaultMaxConnections(descriptors);
  }
  if (!options.tls_cert.empty()) {
    VETOR_RETURN_IF_ERROR(impl->state->certificates.Load(options.tls_cert, options.tls_key));
  }
  VETOR_ASSIGN_OR_RETURN(impl->sockets, OpenSockets(options));
  impl->Describe();
  const Status started = CatchExceptions([&] { return impl->StartThreads(options.threads); });
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(impl)));
  VETOR_RETURN_IF_ERROR(started);
  Impl& running = *server->impl_;
  VETOR_RETURN_IF_ERROR(CatchExceptions([&] {
    running.acceptor = std::make_unique<Acceptor>(&running.sockets, running.loops);
    boost::asio::post(running.loops.front()->io(),
                      [loop = running.loops.front().get(), acceptor = running.acceptor.get()] {
                        loop->SetGuest(acceptor);
                      });
    return Status();
  }));
  return server;
}

uint16_t HttpServer::port() const { return impl_->sockets.front().port(); }

const std::string& HttpServer::address() const { return impl_->address; }

size_t HttpServer::max_connections() const {
  return static_cast<size_t>(impl_->state->options.max_connections);
}

HttpServerCounters HttpServer::counters() const {
  const ServerState::Counters& now = impl_->state->counters;
  return {.open_connections = now.open,
          .accepted = now.accepted,
          .refused = now.refused,
          .dropped_idle = now.dropped_idle,
          .accept_pauses = now.accept_pauses,
          .requests = now.requests,
          .refused_requests = now.refused_requests,
          .disconnects = now.disconnects,
          .timeouts = now.timeouts,
          .failures = now.failures,
          .bytes_read = now.bytes_read,
          .bytes_written = now.bytes_written};
}

void HttpServer::ReloadCertificates(const std::function<void(const Status&)>& done) {
  if (impl_->state->options.tls_cert.empty()) return done(Status());
  if (impl_->state->reading_certificates.exchange(true)) {
    return done(UnavailableError(
        "the certificate is still being read since an earlier time; look at the file system of "
        "ai.server.tls_cert and ai.server.tls_key"));
  }
  const bool started = StartUnattended([state = impl_->state, done] {
    const Status status = CatchExceptions([&state] {
      return state->certificates.Load(state->options.tls_cert, state->options.tls_key);
    });
    state->reading_certificates = false;
    done(status);
  });
  if (started) return;
  impl_->state->reading_certificates = false;
  done(ResourceExhaustedError("the system gives no thread to read the certificate; try again"));
}

void HttpServer::Drain(milliseconds timeout) {
  BeginDrain(timeout);
  AwaitEnd();
}

void HttpServer::BeginDrain(milliseconds timeout) { BeginEnd(timeout, kAnswerGrace); }

void HttpServer::BeginEnd(milliseconds timeout, milliseconds grace) {
  const auto now = impl_->state->Now();
  const DrainPlan plan{.idle_end = now + std::min(kIdleGrace, timeout),
                       .requests_end = now + timeout,
                       .all_end = now + timeout + grace};
  const auto post = [this, plan] {
    boost::asio::post(impl_->loops.front()->io(), [impl = impl_.get(), plan] { impl->End(plan); });
    return Status();
  };
  // Also the destructor comes here: refused memory is waited for.
  while (!impl_->loops.empty() && !CatchExceptions(post).ok()) std::this_thread::yield();
}

void HttpServer::AwaitEnd() {
  const MutexLock lock(&impl_->mutex);
  while (impl_->running > 0) impl_->changed.Wait(&impl_->mutex);
}

void HttpServer::CheckDeadlines() {
  for (const auto& loop : impl_->loops) {
    const auto checked = std::make_shared<bool>(false);
    boost::asio::post(loop->io(), [impl = impl_.get(), loop = loop.get(), checked] {
      loop->CheckDeadlines();
      const MutexLock lock(&impl->mutex);
      *checked = true;
      impl->changed.NotifyAll();
    });
    const MutexLock lock(&impl_->mutex);
    while (!*checked && impl_->running == impl_->loops.size()) impl_->changed.Wait(&impl_->mutex);
  }
}

}  // namespace vetor
