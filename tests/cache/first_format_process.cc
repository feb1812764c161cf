// A process of the version whose cache had the first format (vectors.db, writer.lock). It is frozen
// and shares no code with today's cache.
//
//   first_format_process DIR   writes a row at a time until its input ends, after the line
//   "writing";
//                              then the number of rows that it wrote, and what the database holds
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

bool Run(sqlite3* database, const std::string& sql) {
  char* error = nullptr;
  const bool done = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error) == SQLITE_OK;
  if (!done) std::printf("%s\n", error);
  sqlite3_free(error);
  return done;
}

std::string Ask(sqlite3* database, const char* sql) {
  std::string answer;
  sqlite3_exec(
      database, sql,
      [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) += values[0];
        return 0;
      },
      &answer, nullptr);
  return answer;
}

bool InputIsOpen() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string dir = argv[1];
  mkdir(dir.c_str(), 0700);
  const int lock = open((dir + "/writer.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0) return 3;
  sqlite3* database = nullptr;
  if (sqlite3_open((dir + "/vectors.db").c_str(), &database) != SQLITE_OK) return 4;
  const bool ready =
      Run(database,
          "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL;"
          "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL") &&
      Run(database,
          "CREATE TABLE IF NOT EXISTS e(id INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, "
          "t INTEGER NOT NULL, v BLOB NOT NULL); PRAGMA user_version=1");
  if (!ready) return 5;
  std::puts("writing");
  std::fflush(stdout);
  long long rows = 0;
  do {
    if (!Run(database,
             "INSERT INTO e(k, t, v) VALUES(randomblob(16), 1700000000, zeroblob(400))")) {
      return 6;
    }
    ++rows;
  } while (InputIsOpen());
  std::printf("%lld\n%s rows, %s\n", rows, Ask(database, "SELECT count(*) FROM e").c_str(),
              Ask(database, "PRAGMA integrity_check").c_str());
  sqlite3_close(database);
  close(lock);
  return 0;
}
