// libFuzzer changes vectors-2.db or the log of a cache folder. Every vector that is served must be
// right, and every function that opens, checks, prunes or writes must end.
//
// Input: which database, in one byte; which tools, in one byte; then changes of five bytes each:
// place u32, new byte. The place's upper four bits choose what is done there: 15 cuts the file, 14
// makes it longer, 13 changes its first 100 bytes, all others change a byte anywhere.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "cache/cache_environment.h"
#include "cache/cache_folder.h"
#include "cache/vector_cache.h"
#include "os/log.h"

namespace {

constexpr size_t kDim = 24;
constexpr int64_t kMostRows = 400;
constexpr int64_t kMaxBytes = 1 << 20;

struct Files {
  std::string database, log;
};

std::filesystem::path Scratch() {
  return std::filesystem::temp_directory_path() /
         ("vetor_fuzz_cache_" + std::to_string(::getpid()));
}

vetor::CacheKey KeyOf(int64_t number) {
  static const vetor::CacheKeyer& keyer = *new vetor::CacheKeyer("fuzz");
  return keyer.Key(std::to_string(number));
}

std::vector<float> VectorOf(int64_t number) {
  std::vector<float> vector(kDim);
  for (size_t i = 0; i < kDim; ++i)
    vector[i] = static_cast<float>(number * 31) + static_cast<float>(i) * 0.5F;
  return vector;
}

vetor::Record RecordOf(int64_t number, const std::vector<float>& vector) {
  return {.info = {.tokens = static_cast<uint32_t>(number), .truncated = number % 2 == 0},
          .payload = {.bytes = {reinterpret_cast<const uint8_t*>(vector.data()),
                                vector.size() * sizeof(float)},
                      .owner = nullptr}};
}

std::unique_ptr<vetor::VectorCache> Open(const std::filesystem::path& dir) {
  vetor::CacheEnvironment environment = vetor::CacheEnvironment::Real();
  environment.keep_free_bytes = 0;
  return vetor::OpenVectorCache(
      {.dir = dir, .max_bytes = kMaxBytes, .memory_bytes = 0, .space = {.fingerprint = "fuzz"}},
      environment);
}

void Insert(vetor::VectorCache* cache, int64_t first, int64_t last) {
  std::vector<vetor::CacheKey> keys;
  std::vector<std::vector<float>> vectors;
  std::vector<vetor::Record> records;
  for (int64_t i = first; i < last; ++i) {
    keys.push_back(KeyOf(i));
    vectors.push_back(VectorOf(i));
    records.push_back(RecordOf(i, vectors.back()));
  }
  cache->Insert(keys, records);
  cache->Flush();
}

std::string Slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Databases of several sizes. One is also kept as it was before its log was copied into it.
std::vector<Files> MakeDatabases() {
  std::vector<Files> made;
  for (const int64_t rows : {int64_t{0}, int64_t{3}, int64_t{60}, kMostRows}) {
    const std::filesystem::path dir = Scratch() / "seed";
    std::filesystem::remove_all(dir);
    {
      const auto cache = Open(dir);
      Insert(cache.get(), 0, rows);
      if (rows == 60)
        made.push_back({Slurp(dir / "vectors-2.db"), Slurp(dir / "vectors-2.db-wal")});
    }
    made.push_back({Slurp(dir / "vectors-2.db"), ""});
  }
  return made;
}

void Change(uint32_t place, char byte, std::string* file) {
  if (file->empty()) return;
  switch (place >> 28) {
    case 15:
      return file->resize(place % (file->size() + 1));
    case 14:
      file->append(place % 9000, byte);
      return;
    case 13:
      (*file)[place % std::min<size_t>(file->size(), 100)] = byte;
      return;
    default:
      (*file)[place % file->size()] = byte;
  }
}

void CheckServed(vetor::VectorCache* cache) {
  std::vector<vetor::CacheKey> keys;
  for (int64_t i = 0; i < kMostRows + 20; ++i) keys.push_back(KeyOf(i));
  vetor::RecordList found;
  cache->Find(keys, &found);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!found.Has(i)) continue;
    const std::vector<float> vector = VectorOf(static_cast<int64_t>(i));
    const vetor::Record expected = RecordOf(static_cast<int64_t>(i), vector);
    const vetor::Record record = found[i];
    if (record.info.tokens != expected.info.tokens ||
        record.info.truncated != expected.info.truncated ||
        !std::equal(record.payload.begin(), record.payload.end(), expected.payload.begin(),
                    expected.payload.end())) {
      std::abort();  // A wrong record.
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vetor::SetLogLevel(vetor::LogLevel::kOff);
  static const std::vector<Files>& databases = *new std::vector<Files>(MakeDatabases());
  if (size < 2) return 0;
  Files files = databases[data[0] % databases.size()];
  const uint8_t tools = data[1];
  std::string* target = (tools & 1) != 0 && !files.log.empty() ? &files.log : &files.database;
  for (size_t i = 2; i + 5 <= size; i += 5) {
    uint32_t place = 0;
    std::memcpy(&place, data + i, sizeof place);
    Change(place, static_cast<char>(data[i + 4]), target);
  }
  const std::filesystem::path dir = Scratch() / "cache";
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "vectors-2.db", std::ios::binary) << files.database;
  if (!files.log.empty()) std::ofstream(dir / "vectors-2.db-wal", std::ios::binary) << files.log;
  const auto check = [&] {
    (void)vetor::ReadCacheFolder(dir);
    (void)vetor::CheckCacheFolder(dir, [](int64_t) {});
  };
  if ((tools & 2) != 0) check();
  if ((tools & 4) != 0) {
    const int64_t now = vetor::CacheEnvironment::Real().wall_seconds();
    (void)vetor::PruneCacheFolder(dir, {.max_bytes = kMaxBytes}, now);
    check();
  }
  const auto cache = Open(dir);
  for (int64_t round = 0; round < 2; ++round) {
    CheckServed(cache.get());
    Insert(cache.get(), kMostRows + round * 3, kMostRows + round * 3 + 3);
  }
  CheckServed(cache.get());
  return 0;
}
