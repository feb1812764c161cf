#include "model/id_files.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr std::array kNames = {
    "tokenizer.json",
    "tokenizer_config.json",
    "added_tokens.json",
    "special_tokens_map.json",
    "config.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "bpe.codes",
    "unigram.json",
    "sentencepiece.bpe.model",
    "sentencepiece.model",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
    "sentence_mpnet_config.json",
    "modules.json",
};

}  // namespace

std::vector<IdFile> StampIdFiles(const std::vector<fs::path>& folders, const fs::path& tokenizer) {
  std::vector<IdFile> files = {{tokenizer, "tokenizer", StampOf(tokenizer)}};
  std::vector<fs::path> seen;
  for (size_t i = 0; i < folders.size(); ++i) {
    std::error_code error;
    fs::path folder = fs::canonical(folders[i].empty() ? "." : folders[i], error);
    if (error || std::find(seen.begin(), seen.end(), folder) != seen.end()) continue;
    for (const char* name : kNames) {
      const fs::path path = folders[i] / name;
      files.push_back({path, std::to_string(i) + "/" + name, StampOf(path)});
    }
    seen.push_back(std::move(folder));
  }
  return files;
}

}  // namespace vetor
