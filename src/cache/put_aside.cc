#include "cache/put_aside.h"

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "os/file.h"

namespace vetor {
namespace {

constexpr std::string_view kMark = ".damaged";
constexpr std::string_view kLogMark = "-wal";

// The number in a file's ending: "" is 0 (the single file of earlier versions), ".12" is 12; any
// other ending is not ours.
std::optional<int64_t> NumberOf(std::string_view ending) {
  if (ending.empty()) return 0;
  if (ending.front() != '.') return std::nullopt;
  int64_t number = 0;
  const char* const end = ending.data() + ending.size();
  const auto parsed = std::from_chars(ending.data() + 1, end, number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == end;
  if (!whole || number < 1 || number == INT64_MAX) return std::nullopt;
  return number;
}

void Delete(const PutAsideDatabase& old) {
  std::error_code ignored;
  std::filesystem::remove(old.database, ignored);
  std::filesystem::remove(old.log, ignored);
}

}  // namespace

std::vector<PutAsideDatabase> ListPutAside(const DiskPaths& paths) {
  const std::string start = paths.database.filename().string() + std::string(kMark);
  std::map<int64_t, PutAsideDatabase> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(paths.database.parent_path(), error), end;
       !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (!name.starts_with(start)) continue;
    if (name.ends_with(kLogMark)) name.resize(name.size() - kLogMark.size());
    const std::optional<int64_t> number = NumberOf(std::string_view(name).substr(start.size()));
    if (!number) continue;
    const std::filesystem::path database = it->path().parent_path() / name;
    found[*number] = {*number, database, database.string() + std::string(kLogMark)};
  }
  std::vector<PutAsideDatabase> list;
  list.reserve(found.size());
  for (const auto& entry : found) list.push_back(entry.second);
  return list;
}

Result<std::filesystem::path> PutAside(const DiskPaths& paths) {
  std::vector<PutAsideDatabase> kept = ListPutAside(paths);
  const int64_t number = kept.empty() ? 1 : kept.back().number + 1;
  for (size_t i = 0; i + kMostPutAside <= kept.size(); ++i) Delete(kept[i]);
  std::filesystem::path database = paths.database;
  database += std::string(kMark) + "." + std::to_string(number);
  std::error_code error;
  std::filesystem::rename(paths.log, database.string() + std::string(kLogMark), error);
  error.clear();  // Often the log does not exist.
  std::filesystem::remove(paths.shared_memory, error);
  std::filesystem::rename(paths.database, database, error);
  if (error) return ErrnoError(error.value(), "cannot rename aside", paths.database);
  return database;
}

}  // namespace vetor
