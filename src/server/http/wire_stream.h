// The bytes of one connection, over plain TCP, TLS or a Unix socket.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <span>

namespace boost::asio::ssl {
class context;
}  // namespace boost::asio::ssl

namespace vetor {

/// Of TCP or Unix. The executor is named, because a type-erased one costs each operation more.
using StreamSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;
using WireError = boost::system::error_code;

/// Hears of bytes that were read. The error is asio::error::eof when the client sends nothing more,
/// whatever the kind of stream.
class WireReader {
 public:
  virtual ~WireReader() = default;
  virtual void OnRead(WireError error, size_t count) = 0;
  /// The connection broke, or both of its sides are closed.
  virtual void OnBreak() = 0;
};

/// For the thread of its loop. One Read and one coroutine at a time.
class WireStream {
 public:
  virtual ~WireStream() = default;

  virtual boost::asio::awaitable<WireError> Handshake() = 0;

  /// Reads at least a byte into `room` and tells `reader`, which it keeps alive until then.
  virtual void Read(std::span<char> room, std::shared_ptr<WireReader> reader) = 0;

  /// Tells `reader` once the client breaks the connection; nothing if it is closed here before. For
  /// the time after the end of the client's data, when no read is under way.
  virtual void AwaitBreak(std::shared_ptr<WireReader> reader) = 0;

  /// Writes all of both.
  virtual boost::asio::awaitable<WireError> Write(
      std::array<boost::asio::const_buffer, 2> buffers) = 0;

  /// Says to the client that nothing more comes. With TLS it returns when the client has said so as
  /// well, or sends data. Reads may go on.
  virtual boost::asio::awaitable<void> EndWriting() = 0;

  /// Closes at once; what is being awaited ends with an error.
  virtual void Close() = 0;
};

std::unique_ptr<WireStream> MakePlainStream(StreamSocket socket);
std::unique_ptr<WireStream> MakeTlsStream(StreamSocket socket,
                                          std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace vetor
