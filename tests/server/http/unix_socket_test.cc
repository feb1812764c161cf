#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/server/http/raw_client.h"
#include "tests/server/http/scripted_handler.h"
#include "tests/support/temporary_folder.h"

namespace vetor::testing {
namespace {

TEST(UnixSocketTest, AServerOnAPathAnswersAndRemovesItsFile) {
  const TemporaryFolder folder;
  const std::string path = (folder / "socket").string();
  {
    ServedHandler served({.socket = path});
    EXPECT_EQ(served.server->address(), "unix:" + path);
    EXPECT_EQ(served.port(), 0);
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777u, 0660u);
    RawClient client(path);
    EXPECT_EQ(client.Ask(Post("/a", "text"))->body, "POST /a\ntext");
    ScriptedHandler other;
    EXPECT_EQ(HttpServer::Listen({.socket = path}, &other).status().code(),
              StatusCode::kUnavailable);
    EXPECT_EQ(client.Ask(Get("/b"))->status, 200);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(UnixSocketTest, AddressesAreSaidAsClientsWriteThem) {
  ServedHandler served;
  EXPECT_EQ(served.server->address(), "http://127.0.0.1:" + std::to_string(served.port()));
}

}  // namespace
}  // namespace vetor::testing
