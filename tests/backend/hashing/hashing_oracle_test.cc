// Compares with scikit-learn's answers (tools/oracle/hashing_fixture.py), bit for bit: sums of +1
// and -1 are exact, and square root, division and rounding are IEEE operations on both sides.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "backend/hashing/hashing_backend.h"
#include "backend/hashing/word_reader.h"
#include "base/digest.h"
#include "base/json.h"
#include "os/json_file.h"
#include "tests/backend/hashing/fixture_texts.h"

namespace vetor {
namespace {

const boost::json::value& Digests() {
  static const boost::json::value digests =
      *ReadJsonFile(VETOR_TEST_DATA_DIR "/hashing/digests.json");
  return digests;
}

std::vector<std::string> Split(const boost::json::value& value) {
  std::istringstream stream{std::string(value.as_string())};
  return {std::istream_iterator<std::string>(stream), {}};
}

std::string Digest(std::string_view bytes) { return Hex(Sha256(bytes)).substr(0, 16); }

std::vector<std::string> VectorDigests(Backend* backend, const std::vector<std::string>& texts) {
  const size_t block = Digests().at("texts_per_block").to_number<size_t>();
  std::vector<std::string> digests;
  for (size_t begin = 0; begin < texts.size(); begin += block) {
    TokenBatch batch;
    batch.texts.assign(texts.begin() + begin,
                       texts.begin() + std::min(begin + block, texts.size()));
    const Result<BackendOutput> output = backend->Run(batch);
    if (!output.ok()) return {output.status().ToString()};
    digests.push_back(Digest({reinterpret_cast<const char*>(output->values.data()),
                              output->values.size() * sizeof(float)}));
  }
  return digests;
}

void ExpectSetAgrees(const std::string& name, const boost::json::object& set,
                     const std::vector<std::string>& texts) {
  EXPECT_EQ(texts.size(), set.at("texts").to_number<size_t>()) << name;
  for (const size_t dim : {256, 1000}) {
    EXPECT_EQ(VectorDigests(MakeHashingBackend(dim).get(), texts),
              Split(set.at(std::to_string(dim))))
        << name << ", dim " << dim;
  }
}

TEST(HashingOracle, Examples) {
  const boost::json::value examples = *ReadJsonFile(VETOR_TEST_DATA_DIR "/hashing/examples.json");
  const auto backend = MakeHashingBackend(256);
  for (const boost::json::value& example : examples.as_array()) {
    const std::string text(example.at("text").as_string());
    std::vector<float> expected(256);
    for (const auto& component : example.at("components").as_object()) {
      expected[std::stoul(std::string(component.key()))] = component.value().to_number<float>();
    }
    TokenBatch batch;
    batch.texts = {text};
    const BackendOutput output = *backend->Run(batch);
    EXPECT_EQ(std::vector<float>(output.values.begin(), output.values.end()), expected) << text;
  }
}

TEST(HashingOracle, SentencesIn93Languages) {
  const boost::json::object& sets = Digests().at("sets").as_object();
  ExpectSetAgrees("tatoeba.tsv", sets.at("tatoeba.tsv").as_object(), FixtureTexts("tatoeba.tsv"));
}

TEST(HashingOracle, CorpusAndHostileTexts) {
  int checked = 0;
  for (const auto& set : Digests().at("sets").as_object()) {
    const std::string name(set.key());
    if (name.starts_with("corpus/") || name.starts_with("hostile/")) ++checked;
    ExpectSetAgrees(name, set.value().as_object(), FixtureTexts(name));
  }
  EXPECT_GE(checked, 38);
}

TEST(HashingOracle, RandomTexts) {
  const boost::json::value& random = Digests().at("random");
  const std::vector<std::string> texts =
      RandomTexts(random.at("seed").to_number<uint64_t>(), random.at("texts").to_number<size_t>());
  const auto backend = MakeHashingBackend(random.at("dim").to_number<size_t>(), false);
  EXPECT_EQ(VectorDigests(backend.get(), texts), Split(random.at("counts")));
}

// Tests every Unicode scalar: whether it belongs to a word, its lower case, and what it does to a
// sigma.
TEST(HashingOracle, EveryCharacter) {
  const boost::json::value& characters = Digests().at("characters");
  const auto per_block = characters.at("per_block").to_number<char32_t>();
  const std::vector<std::string> expected = Split(characters.at("words"));
  ASSERT_EQ(expected.size(), 0x110000 / per_block);
  WordReader reader;
  for (char32_t block = 0; block < expected.size(); ++block) {
    std::string words;
    for (char32_t c = block * per_block; c < (block + 1) * per_block; ++c) {
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      for (const std::string& text : CharacterTexts(c)) {
        const char* separator = "";
        reader.Start(text);
        while (reader.Next()) {
          for (const Word& word : reader.words()) {
            words.append(separator).append(word.begin, word.size);
            separator = " ";
          }
        }
        words += '\n';
      }
    }
    EXPECT_EQ(Digest(words), expected[block]) << "block of U+" << std::hex << block * per_block;
  }
}

}  // namespace
}  // namespace vetor
