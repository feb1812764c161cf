// Calls a function of each public header except embeddings_service.h, as another project's program
// would. argv[1] is a folder that this program may fill.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "vetor/cache.h"
#include "vetor/config_file.h"
#include "vetor/doctor.h"
#include "vetor/embed_files.h"
#include "vetor/pull.h"
#include "vetor/settings.h"
#include "vetor/similarity.h"
#include "vetor/tokenizer.h"

namespace {

int failures = 0;

void Expect(bool kept, const char* what) {
  std::printf("%s: %s\n", what, kept ? "ok" : "WRONG");
  if (!kept) ++failures;
}

void UseSettings() {
  vetor::EmbeddingsConfig config;
  const vetor::Setting* setting = vetor::FindSetting("ai.batch_size");
  Expect(setting != nullptr && setting->flag() == "--batch-size", "FindSetting");
  auto value = vetor::ParseSetting(*setting, "64", "this program");
  Expect(value.ok(), "ParseSetting");
  setting->set(&config, *std::move(value));
  Expect(config.batch_size == 64, "Setting::set");
  vetor::LoadedConfig loaded;
  Expect(vetor::ApplyConfigText(R"({"ai": {"threads": 2}})", "text", &loaded).ok() &&
             loaded.config.threads == 2,
         "ApplyConfigText");
  Expect(vetor::ConfigSchemaJson().find("batch_size") != std::string::npos, "ConfigSchemaJson");
}

void UseTokenizer(const std::filesystem::path& folder) {
  std::ofstream(folder / "tokenizer.json")
      << R"({"model": {"type": "WordLevel", "vocab": {"são": 0, "paulo": 1, "[UNK]": 2},)"
      << R"( "unk_token": "[UNK]"}, "pre_tokenizer": {"type": "Whitespace"}})";
  const auto opened = vetor::OpenTokenizer((folder / "tokenizer.json").string());
  if (!opened.ok()) std::printf("%s\n", opened.status().ToString().c_str());
  Expect(opened.ok(), "OpenTokenizer");
  if (!opened.ok()) return;
  const auto encoding =
      opened->tokenizer->EncodeWindows("são paulo", std::nullopt, {.offsets = true});
  Expect(encoding.ok() && encoding->ids == std::vector<int64_t>{0, 1}, "EncodeWindows");
  Expect(encoding.ok() && encoding->offsets[1].begin == 5, "offsets in bytes");
  Expect(opened->tokenizer->IdToToken(1) == "paulo", "IdToToken");
}

void UseSimilarity() {
  const std::vector<float> values = {1, 0, 0, 1, 1, 0};
  const vetor::VectorRows rows = {.fields = {{values, 2}}, .rows = 3};
  const auto hits = vetor::SearchTop(rows, rows, 2, 1);
  Expect(hits.ok() && hits->size() == 3 && (*hits)[2][0].row == 0, "SearchTop");
  const auto pairs = vetor::PairsAbove(rows, 0.9F, 1, 10);
  Expect(pairs.ok() && vetor::GroupPairs(*pairs, 3)->size() == 1, "PairsAbove and GroupPairs");
}

void UseFolders(const std::filesystem::path& folder) {
  vetor::CacheConfig cache;
  cache.dir = folder.string();
  Expect(vetor::LocateCache(cache).dir == folder, "LocateCache");
  Expect(vetor::ReadCacheStats(folder).status().code() == vetor::StatusCode::kNotFound,
         "ReadCacheStats of no cache");
  const auto model = vetor::ResolveModelPath(folder.string());
  Expect(model.ok() && *model == folder.string(), "ResolveModelPath");
  vetor::PullOptions pull;
  pull.id = "not an id";
  Expect(vetor::PullModel(pull).status().code() == vetor::StatusCode::kInvalidArgument,
         "PullModel");
}

void UseFiles(const std::filesystem::path& folder) {
  std::ofstream(folder / "texts.txt") << "GP de São Paulo\nMonaco\n";
  vetor::EmbeddingsConfig config;
  config.backend = vetor::BackendKind::kHashing;
  config.cache.enabled = false;
  auto service = vetor::EmbeddingsService::Open(config);
  Expect(service.ok(), "EmbeddingsService::Open");
  if (!service.ok()) return;
  vetor::EmbedFilesOptions options;
  options.inputs = {(folder / "*.txt").string()};
  options.output = folder / "vectors";
  options.format = vetor::VectorFileFormat::kJsonlZstd;
  options.resume = vetor::Resume::kYes;
  const auto report = vetor::EmbedFiles((*service).get(), options);
  Expect(report.ok() && report->outputs + report->finished_outputs == 1, "EmbedFiles");
}

void UseDoctor() {
  vetor::LoadedConfig loaded;
  loaded.config.backend = vetor::BackendKind::kHashing;
  loaded.config.cache.enabled = false;
  const auto report = vetor::Diagnose(loaded);
  Expect(report.ok() && report->ok() && !report->checks.empty(), "Diagnose");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::filesystem::path folder = arguments[1];
  std::filesystem::create_directories(folder);
  UseSettings();
  UseTokenizer(folder);
  UseSimilarity();
  UseFolders(folder);
  UseFiles(folder);
  UseDoctor();
  return failures == 0 ? 0 : 1;
}
