// libFuzzer gives the small files of a model's folder, written as "== NAME" on a line and then the
// file's bytes. Every value that is read must be within bounds: lengths, dimensions, probes with
// one vector per text, and an encoder whose numbers can become a graph. "== families/NAME" changes
// config.json of that family's tiny checkpoint.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/json.h"
#include "encoder/encoder.h"
#include "exporter/folder/module_files.h"
#include "model/fingerprint.h"
#include "model/length_limit.h"
#include "model/model_folder.h"
#include "model/module_list.h"
#include "model/probes.h"
#include "model/prompts.h"
#include "os/log.h"
#include "tests/fuzz/model/fuzzed_checkpoint.h"

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kFiles = {"modules.json",
                                                     "config_sentence_transformers.json",
                                                     "sentence_bert_config.json",
                                                     "tokenizer_config.json",
                                                     "config.json",
                                                     "1_Pooling/config.json",
                                                     "2_Dense/config.json",
                                                     "2_Dense/model.safetensors",
                                                     "vetor_model.json",
                                                     "0_Transformer/config.json"};
constexpr std::string_view kFamilies = "families/";

void Require(bool right) {
  if (!right) std::abort();
}

// A folder of this process, with a graph and a tokenizer that stay.
const fs::path& Folder() {
  static const fs::path& folder = *[] {
    vetor::SetLogLevel(vetor::LogLevel::kOff);
    auto* path = new fs::path(fs::temp_directory_path() /
                              ("vetor_fuzz_folder." + std::to_string(::getpid())));
    for (const char* part : {"0_Transformer", "1_Pooling", "2_Dense"}) {
      fs::create_directories(*path / part);
    }
    const fs::path data = VETOR_TEST_DATA_DIR "/model";
    const auto replace = fs::copy_options::overwrite_existing;
    fs::copy_file(data / "valid/token_embeddings.onnx", *path / "model.onnx", replace);
    fs::copy_file(data / "tiny-bert/tokenizer.json", *path / "tokenizer.json", replace);
    return path;
  }();
  return folder;
}

void CheckRotary(const vetor::AttentionWeights& attention) {
  if (!attention.rotary) return;
  const vetor::Rotary& rotary = *attention.rotary;
  Require(rotary.rotated_dim >= 2 && rotary.rotated_dim <= attention.head_dim);
  Require(rotary.inverse_frequencies.size() * 2 == static_cast<size_t>(rotary.rotated_dim));
  for (const double frequency : rotary.inverse_frequencies) Require(std::isfinite(frequency));
}

void CheckFamily(std::string_view name, std::string_view config) {
  const auto original = vetor::fuzzing::TinyCheckpoints().find(std::string(name));
  const auto changes = vetor::ParseJson(config, "fuzz");
  if (original == vetor::fuzzing::TinyCheckpoints().end() || !changes.ok()) return;
  if (!changes->is_object()) return;
  const auto encoder = vetor::ReadEncoder(
      std::make_shared<vetor::fuzzing::FuzzedCheckpoint>(original->second, changes->get_object()));
  if (!encoder.ok()) return Require(encoder.status().message().size() < 2000);
  Require(encoder->hidden_size >= 1 && encoder->max_positions >= 1 && !encoder->layers.empty());
  for (const vetor::EncoderLayer& layer : encoder->layers) {
    const vetor::AttentionWeights& attention = layer.attention;
    Require(attention.key_value_heads >= 1 && attention.head_dim >= 1 && attention.window >= 0);
    Require(attention.heads % attention.key_value_heads == 0 && std::isfinite(attention.scale));
    CheckRotary(attention);
  }
}

void WriteFiles(std::string_view text) {
  for (const std::string_view name : kFiles) fs::remove(Folder() / name);
  while (!text.empty()) {
    const size_t end = std::min(text.find("\n== "), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!part.starts_with("== ")) continue;
    part.remove_prefix(3);
    const size_t line = std::min(part.find('\n'), part.size());
    const std::string_view name = part.substr(0, line);
    const std::string_view content = part.substr(std::min(line + 1, part.size()));
    if (name.starts_with(kFamilies)) CheckFamily(name.substr(kFamilies.size()), content);
    if (std::find(kFiles.begin(), kFiles.end(), name) == kFiles.end()) continue;
    std::ofstream(Folder() / name, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
}

void CheckLengths() {
  for (const int64_t rows : {int64_t{0}, int64_t{514}, INT64_MAX}) {
    for (const int asked : {0, 7}) {
      const vetor::LengthSources sources{
          .asked = asked, .folders = {Folder()}, .position_rows = rows};
      const auto limit = vetor::FindLengthLimit(sources);
      Require(!limit.ok() || (limit->max_length >= 1 && limit->max_length <= 1'000'000));
      const auto positions = vetor::PositionLimit(sources);
      Require(!positions.ok() || (*positions >= 0 && *positions <= 1'000'000));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fs::path& folder = Folder();
  WriteFiles({reinterpret_cast<const char*>(data), size});
  CheckLengths();
  const auto modules = vetor::ReadModuleList(folder);
  if (modules.ok()) Require(!modules->pooling.modes.empty());
  (void)vetor::ReadPromptConfig(folder);
  const auto transformer = vetor::TransformerFolder(folder);
  Require(!transformer.ok() || transformer->string().starts_with(folder.string()));
  const auto probes = vetor::ReadProbes(folder, folder / "model.onnx");
  if (probes.ok() && *probes) {
    Require((*probes)->texts.size() == (*probes)->vectors.size());
    for (const auto& vector : (*probes)->vectors) {
      Require(!vector.empty() && vector.size() == (*probes)->vectors.front().size());
    }
  }
  (void)vetor::VerifyRecordedFiles(folder);
  const auto model = vetor::ReadModelFolder({.model_path = folder});
  if (!model.ok()) return 0;
  Require(model->max_length >= 1 && model->max_length <= 1'000'000 && model->declared_dim >= 0);
  const auto fingerprint = vetor::ModelFingerprint(*model);
  Require(!fingerprint.ok() || fingerprint->size() == 64);
  return 0;
}
