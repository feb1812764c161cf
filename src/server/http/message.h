// A request and its answer, as the routes see them: plain values, without a socket.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace vetor {

class HeldBytes;

/// One line of a message's head. Names are compared without regard to case.
struct HttpField {
  std::string name;
  std::string value;
};

/// Equal without regard to the case of ASCII letters, as names of fields are.
bool EqualFieldNames(std::string_view a, std::string_view b);

/// The head of a request that kept all rules of head_rules.h.
struct HttpRequestHead {
  std::string method;  ///< "GET", as sent.
  std::string path;    ///< "/v1/embeddings": percent-decoded, begins with '/', without the query.
  std::string query;   ///< What stood behind '?', as sent.
  std::vector<HttpField> fields;
  bool encrypted = false;     ///< Came through TLS.
  bool local_socket = false;  ///< Came through a Unix socket.
  /// ListeningSocket::loopback_host of the socket that it came through.
  std::string loopback_host;

  /// The value of the first field of that name, or null.
  const std::string* Find(std::string_view name) const;
};

struct HttpRequest {
  HttpRequestHead head;
  std::string body;
  std::chrono::steady_clock::time_point received;  ///< When the head's first byte came.
  /// Counts the body among what all requests hold. Keep it as long as the body or what was made of
  /// it. May be null.
  std::shared_ptr<HeldBytes> held = {};
  /// A stop is requested if the client closes its connection, or the drain's time is over.
  std::stop_token stop;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpField>
      fields;  ///< Without Content-Length, Connection and Date: the connection adds them.
  std::string body;
  bool close = false;  ///< Close the connection after this answer.
  /// Counts the answer among what all requests hold, until it is written or its connection has
  /// ended. May be null.
  std::shared_ptr<HeldBytes> held = {};
};

}  // namespace vetor
