#include "hub_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <cstdlib>

#include "base/digest.h"

namespace vetor {
namespace {

int Listen(int* port, int backlog = 64) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, generic, size) != 0 || ::listen(listener, backlog) != 0 ||
      ::getsockname(listener, generic, &size) != 0) {
    std::abort();
  }
  *port = ntohs(address.sin_port);
  return listener;
}

bool SendAll(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Sends until the client has left.
void SendEndlessly(int connection, const ServerAnswer& answer) {
  pollfd client{.fd = connection, .events = POLLIN | POLLRDHUP, .revents = 0};
  while (::poll(&client, 1, answer.pace_ms) == 0 && SendAll(connection, answer.endless)) {
  }
}

void SendAnswer(int connection, const ServerRequest& request, const ServerAnswer& answer) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Said\r\n";
  bool length = false;
  for (const std::string& header : answer.headers) {
    length = length || Lower(header).starts_with("content-length:");
    text += header + "\r\n";
  }
  if (!length && answer.endless.empty())
    text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  text += "Connection: close\r\n\r\n";
  SendAll(connection, text);
  if (request.method != "HEAD") {
    SendAll(connection, std::string_view(answer.body).substr(0, answer.send));
  }
  if (!answer.endless.empty()) SendEndlessly(connection, answer);
  if (answer.then) answer.then();
}

ServerRequest Parse(const std::string& head) {
  ServerRequest request;
  const size_t first = head.find("\r\n");
  const std::string line = head.substr(0, first);
  request.method = line.substr(0, line.find(' '));
  request.path = line.substr(request.method.size() + 1);
  request.path.resize(request.path.find(' '));
  for (size_t begin = first + 2; begin < head.size();) {
    const size_t end = std::min(head.find("\r\n", begin), head.size());
    const std::string header = head.substr(begin, end - begin);
    const size_t colon = header.find(": ");
    if (colon != std::string::npos) {
      request.headers[Lower(header.substr(0, colon))] = header.substr(colon + 2);
    }
    begin = end + 2;
  }
  return request;
}

}  // namespace

HubServer::HubServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = Listen(&port_);
  acceptor_ = std::thread([this] { Accept(); });
}

HubServer::~HubServer() {
  done_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

void HubServer::Accept() {
  while (!done_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    connections_.emplace_back([this, connection] { Serve(connection); });
  }
}

void HubServer::Serve(int connection) {
  std::string head;
  bool silent = false;
  char buffer[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = ::recv(connection, buffer, sizeof(buffer), 0);
    if (n <= 0) break;
    head.append(buffer, static_cast<size_t>(n));
  }
  if (head.find("\r\n\r\n") != std::string::npos) {
    const ServerRequest request = Parse(head);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const ServerAnswer answer = handler_(request);
    silent = answer.silent;
    if (!silent) SendAnswer(connection, request, answer);
  }
  if (!silent) ::shutdown(connection, SHUT_WR);
  while (::recv(connection, buffer, sizeof(buffer), 0) > 0) {
  }
  ::close(connection);
}

std::vector<ServerRequest> HubServer::Requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

size_t HubServer::Count(const std::string& method, const std::string& path_part) const {
  size_t count = 0;
  for (const ServerRequest& request : Requests()) {
    if (request.method == method && request.path.find(path_part) != std::string::npos) ++count;
  }
  return count;
}

DeafPort::DeafPort() {
  sockets_.push_back(Listen(&port_, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port_));
  // The kernel takes one more than the backlog; the other connections get no answer either.
  for (int i = 0; i < 4; ++i) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    sockets_.push_back(client);
  }
}

DeafPort::~DeafPort() {
  for (const int socket : sockets_) ::close(socket);
}

int ClosedPort() {
  int port = 0;
  ::close(Listen(&port));
  return port;
}

bool Repository::IsLarge(const std::string& file) const {
  return std::find(large.begin(), large.end(), file) != large.end();
}

std::string Repository::ETag(const std::string& file) const {
  const std::string hash = Hex(Sha256(files.at(file)));
  return IsLarge(file) ? hash : hash.substr(0, 40);
}

std::string Repository::Listing() const {
  boost::json::array siblings;
  for (const auto& [name, content] : files) {
    siblings.push_back(boost::json::object{{"rfilename", name}});
  }
  return boost::json::serialize(boost::json::object{{"sha", commit}, {"siblings", siblings}});
}

std::string Repository::FileOf(const ServerRequest& request) const {
  const std::string prefix = "/" + id + "/resolve/" + commit + "/";
  return request.path.starts_with(prefix) ? request.path.substr(prefix.size()) : "";
}

ServerAnswer Repository::Answer(const ServerRequest& request) const {
  if (request.path == "/api/models/" + id + "/revision/main" ||
      request.path == "/api/models/" + id + "/revision/" + commit) {
    return {200, {"Content-Type: application/json"}, Listing()};
  }
  const std::string file = FileOf(request);
  if (!files.contains(file)) return {404, {"X-Error-Code: EntryNotFound"}};
  const std::string& content = files.at(file);
  ServerAnswer answer{200, {"X-Repo-Commit: " + commit, "ETag: \"" + ETag(file) + "\""}, content};
  const std::string range = request.Header("range");
  if (range.starts_with("bytes=")) {
    const size_t start = std::stoul(range.substr(6));
    if (start >= content.size()) return {416, {}};
    answer.status = 206;
    answer.body = content.substr(start);
    answer.headers.push_back("Content-Range: bytes " + std::to_string(start) + "-" +
                             std::to_string(content.size() - 1) + "/" +
                             std::to_string(content.size()));
  }
  return answer;
}

Repository TinyRepository() {
  Repository repository;
  std::string graph;
  for (unsigned i = 0; i < 100'000; ++i) graph += static_cast<char>('a' + (i * i + i / 7) % 26);
  repository.files = {{"config.json", "{\"hidden_size\": 8}"},
                      {"tokenizer.json", "{}"},
                      {"modules.json", "[]"},
                      {"1_Pooling/config.json", "{\"pooling_mode_mean_tokens\": true}"},
                      {"onnx/model.onnx", graph},
                      {"README.md", "a card"},
                      {"model.safetensors", "weights"}};
  repository.large = {"onnx/model.onnx", "model.safetensors"};
  return repository;
}

}  // namespace vetor
