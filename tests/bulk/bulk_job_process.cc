// Embeds in + "/*" into a folder with hashing vectors, and prints a line whenever the job has gone
// on, so that a test can end it at a moment of its choice: bulk_job_process IN OUT FORMAT ROWS
#include <cstdio>
#include <cstdlib>
#include <string>

#include "vetor/embed_files.h"

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  vetor::EmbeddingsConfig config;
  config.backend = vetor::BackendKind::kHashing;
  config.dim = 16;
  config.cache.enabled = false;
  config.threads = 1;
  auto service = vetor::EmbeddingsService::Open(config);
  if (!service.ok()) return 1;
  vetor::EmbedFilesOptions options;
  options.inputs = {std::string(argv[1]) + "/*"};
  options.output = argv[2];
  options.format = *vetor::Parse<vetor::VectorFileFormat>(argv[3], "the format");
  options.shard_rows = static_cast<uint64_t>(std::atoll(argv[4]));
  options.resume = vetor::Resume::kYes;
  options.progress = [](const vetor::EmbedFilesProgress& now) {
    std::printf("%llu\n", static_cast<unsigned long long>(now.texts));
    std::fflush(stdout);
  };
  const auto report = EmbedFiles(service->get(), options);
  if (!report.ok()) std::fprintf(stderr, "%s\n", report.status().ToString().c_str());
  return report.ok() ? 0 : 1;
}
