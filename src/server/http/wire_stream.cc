#include "server/http/wire_stream.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace vetor {
namespace {

namespace asio = boost::asio;

/// Awaits an operation and keeps its error instead of throwing it.
auto Into(WireError& error) { return asio::redirect_error(asio::use_awaitable, error); }

void CloseSocket(StreamSocket* socket) {
  WireError ignored;
  socket->close(ignored);
}

void WaitForBreak(StreamSocket* socket, std::shared_ptr<WireReader> reader) {
  socket->async_wait(StreamSocket::wait_error, [reader = std::move(reader)](WireError error) {
    if (!error) reader->OnBreak();
  });
}

class PlainStream final : public WireStream {
 public:
  explicit PlainStream(StreamSocket socket) : socket_(std::move(socket)) {}

  asio::awaitable<WireError> Handshake() override { co_return WireError(); }

  void Read(std::span<char> room, std::shared_ptr<WireReader> reader) override {
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [reader = std::move(reader)](WireError error, size_t count) {
                              reader->OnRead(error, count);
                            });
  }

  void AwaitBreak(std::shared_ptr<WireReader> reader) override {
    WaitForBreak(&socket_, std::move(reader));
  }

  asio::awaitable<WireError> Write(std::array<asio::const_buffer, 2> buffers) override {
    WireError error;
    co_await asio::async_write(socket_, buffers, Into(error));
    co_return error;
  }

  asio::awaitable<void> EndWriting() override {
    WireError ignored;
    socket_.shutdown(StreamSocket::shutdown_send, ignored);
    co_return;
  }

  void Close() override { CloseSocket(&socket_); }

 private:
  StreamSocket socket_;
};

class TlsStream final : public WireStream {
 public:
  TlsStream(StreamSocket socket, std::shared_ptr<asio::ssl::context> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}

  asio::awaitable<WireError> Handshake() override {
    WireError error;
    co_await stream_.async_handshake(asio::ssl::stream_base::server, Into(error));
    co_return error;
  }

  void Read(std::span<char> room, std::shared_ptr<WireReader> reader) override {
    stream_.async_read_some(asio::buffer(room.data(), room.size()),
                            [reader = std::move(reader)](WireError error, size_t count) {
                              // Many clients close without close_notify.
                              const bool cut = error == asio::ssl::error::stream_truncated;
                              reader->OnRead(cut ? WireError(asio::error::eof) : error, count);
                            });
  }

  void AwaitBreak(std::shared_ptr<WireReader> reader) override {
    WaitForBreak(&stream_.next_layer(), std::move(reader));
  }

  asio::awaitable<WireError> Write(std::array<asio::const_buffer, 2> buffers) override {
    WireError error;
    co_await asio::async_write(stream_, buffers, Into(error));
    co_return error;
  }

  asio::awaitable<void> EndWriting() override {
    WireError ignored;
    co_await stream_.async_shutdown(Into(ignored));
  }

  void Close() override { CloseSocket(&stream_.next_layer()); }

 private:
  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<StreamSocket> stream_;
};

}  // namespace

std::unique_ptr<WireStream> MakePlainStream(StreamSocket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

std::unique_ptr<WireStream> MakeTlsStream(StreamSocket socket,
                                          std::shared_ptr<asio::ssl::context> context) {
  return std::make_unique<TlsStream>(std::move(socket), std::move(context));
}

}  // namespace vetor
