#include "vetor/embed_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/digest.h"
#include "base/json.h"
#include "bulk/bulk_fixture.h"
#include "formats/float_formats.h"
#include "formats/line_reader.h"
#include "support/test_services.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class EmbedFilesTest : public BulkFixture {
 protected:
  // The lines of a result, unpacked and parsed.
  std::vector<boost::json::object> ResultLines(const std::filesystem::path& path) const {
    std::vector<boost::json::object> lines;
    auto reader = LineReader::Open(path);
    EXPECT_TRUE(reader.ok()) << reader.status().ToString();
    std::string_view line;
    while (reader.ok() && *reader->Next(&line)) {
      lines.push_back(ParseJson(line, "a result")->as_object());
    }
    return lines;
  }

  void ExpectRows(const std::vector<boost::json::object>& lines, size_t first) const {
    for (size_t i = 0; i < lines.size(); ++i) {
      const Embeddings alone = *Service()->Embed({TextOf(first + i)});
      ASSERT_EQ(lines[i].at("id"), static_cast<int64_t>(first + i));
      const auto& vector = lines[i].at("embedding").as_array();
      ASSERT_EQ(vector.size(), kDim);
      for (size_t c = 0; c < kDim; ++c) {
        ASSERT_EQ(vector[c].to_number<float>(), alone.row(0)[c]) << "row " << i;
      }
    }
  }
};

TEST_F(EmbedFilesTest, EveryInputBecomesOneOutputWithItsRowsInOrder) {
  WriteRows("in/a.jsonl", 0, 9000);
  WriteRows("in/b.jsonl.gz", 9000, 10);
  WriteRows("in/c.jsonl.zst", 9010, 5000);
  const EmbedFilesReport report = Run(Options());
  EXPECT_EQ(report.texts, 14010U);
  EXPECT_EQ(report.inputs, 3U);
  EXPECT_EQ(report.outputs, 3U);
  EXPECT_EQ(report.failed, 0U);
  EXPECT_THAT(NamesOf(FilesOf(folder_ / "out")),
              ElementsAre("a.jsonl", "a.manifest.json", "b.jsonl", "b.manifest.json", "c.jsonl",
                          "c.manifest.json"));
  const size_t firsts[] = {0, 9000, 9010};
  const size_t rows[] = {9000, 10, 5000};
  for (size_t i = 0; i < 3; ++i) {
    const auto lines =
        ResultLines(folder_ / "out" / (std::string(1, static_cast<char>('a' + i)) + ".jsonl"));
    EXPECT_EQ(lines.size(), rows[i]);
    ExpectRows(lines, firsts[i]);
  }
}

TEST_F(EmbedFilesTest, AnInputOfMoreRowsBecomesSeveralOutputs) {
  WriteRows("in/a.jsonl", 0, 5001);
  WriteRows("in/b.jsonl", 6000, 2500);
  EmbedFilesOptions options = Options();
  options.shard_rows = 2500;
  options.format = VectorFileFormat::kJsonlZstd;
  EXPECT_EQ(Run(options).outputs, 4U);
  EXPECT_THAT(NamesOf(FilesOf(folder_ / "out")),
              ElementsAre("a.00001.jsonl.zst", "a.00001.manifest.json", "a.00002.jsonl.zst",
                          "a.00002.manifest.json", "a.00003.jsonl.zst", "a.00003.manifest.json",
                          "b.jsonl.zst", "b.manifest.json"));
  const auto third = ResultLines(folder_ / "out/a.00003.jsonl.zst");
  ASSERT_EQ(third.size(), 1U);
  ExpectRows(third, 5000);
  ExpectRows(ResultLines(folder_ / "out/a.00002.jsonl.zst"), 2500);
}

TEST_F(EmbedFilesTest, TheNumbersAreThoseOfACallInEachFormat) {
  WriteRows("in/a.jsonl", 0, 300);
  std::vector<std::string> texts;
  for (size_t row = 0; row < 300; ++row) texts.push_back(TextOf(row));
  const Embeddings plain = *Service()->Embed(texts);
  Run(NpyOptions());
  const std::string npy = BytesOf(folder_ / "out/a.npy");
  EXPECT_THAT(npy.substr(0, 128),
              HasSubstr("'descr': '<f4', 'fortran_order': False, 'shape': (300, 16)"));
  EXPECT_EQ(NpyFloats(npy), plain.values);
  EmbedFilesOptions half = NpyOptions();
  half.output = folder_ / "half";
  half.output_dtype = VectorDtype::kFloat16;
  Run(half);
  const std::string halves = BytesOf(folder_ / "half/a.npy");
  EXPECT_THAT(halves.substr(0, 128), HasSubstr("'descr': '<f2'"));
  ASSERT_EQ(halves.size(), 128 + plain.values.size() * 2);
  std::vector<float> read(plain.values.size());
  ReadFloats(FloatFormat::kFloat16, std::string_view(halves).substr(128), read);
  for (size_t i = 0; i < read.size(); ++i) EXPECT_NEAR(read[i], plain.values[i], 2.5e-4);
}

TEST_F(EmbedFilesTest, VectorsOfAModelHaveTheBitsOfACall) {
  auto service = *EmbeddingsService::Open(testing::TinyConfig());
  WriteRows("in/a.jsonl", 0, 5000);
  std::vector<std::string> texts;
  for (size_t row = 0; row < 5000; ++row) texts.push_back(TextOf(row));
  const Embeddings plain = *service->Embed(texts);
  const auto report = EmbedFiles(service.get(), NpyOptions());
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(NpyFloats(BytesOf(folder_ / "out/a.npy")), plain.values);
  uint64_t tokens = 0;
  for (const TextInfo& text : plain.texts) tokens += text.tokens;
  EXPECT_EQ(report->tokens, tokens);
}

TEST_F(EmbedFilesTest, LinesAreRowsAndBlankOnesAreTextsOrNothing) {
  WritePacked("in/a.txt", "one\n\ntwo\r\nthree");
  WritePacked("in/b.jsonl", "\xEF\xBB\xBF{\"text\":\"one\"}\n\n  \n{\"text\":\"two\"}\n\n");
  EmbedFilesOptions options = Options();
  options.id_field = "";
  EXPECT_EQ(Run(options).texts, 6U);
  EXPECT_EQ(ResultLines(folder_ / "out/a.jsonl").size(), 4U);
  EXPECT_EQ(ResultLines(folder_ / "out/b.jsonl").size(), 2U);
  const std::string raw = BytesOf(folder_ / "in/b.jsonl");
  EXPECT_THAT(BytesOf(folder_ / "out/b.manifest.json"), HasSubstr(Hex(Sha256(raw))));
}

TEST_F(EmbedFilesTest, AnEmptyInputIsAnEmptyOutput) {
  WritePacked("in/a.jsonl", "");
  WritePacked("in/b.jsonl.zst", "\n\n");
  EXPECT_EQ(Run(NpyOptions()).outputs, 2U);
  EXPECT_EQ(BytesOf(folder_ / "out/a.npy").size(), 128U);
  EXPECT_EQ(BytesOf(folder_ / "out/b.npy").size(), 128U);
}

// The manifest's digest is what sha256sum says of the unpacked input.
TEST_F(EmbedFilesTest, TheManifestTellsWhatTheOutputIsMadeOf) {
  const std::filesystem::path input = WriteRows("in/a.jsonl.zst", 0, 5000);
  Run(Options());
  const auto manifest = ParseJson(BytesOf(folder_ / "out/a.manifest.json"), "m")->as_object();
  std::string lines;
  for (size_t row = 0; row < 5000; ++row) lines += JsonLine(row);
  EXPECT_EQ(manifest.at("input").at("name"), "a.jsonl.zst");
  EXPECT_EQ(manifest.at("input").at("bytes").to_number<uint64_t>(),
            std::filesystem::file_size(input));
  EXPECT_EQ(manifest.at("input").at("sha256").as_string(), Hex(Sha256(lines)).c_str());
  EXPECT_EQ(manifest.at("rows"), 5000);
  EXPECT_EQ(manifest.at("model").at("fingerprint").as_string(), Service()->fingerprint().c_str());
  EXPECT_EQ(manifest.at("output").at("bytes").to_number<uint64_t>(),
            std::filesystem::file_size(folder_ / "out/a.jsonl"));
}

TEST_F(EmbedFilesTest, ARowThatCannotBeEmbeddedEndsTheJobAtItsPlace) {
  WriteRows("in/a.jsonl", 0, 10);
  WritePacked("in/b.jsonl", JsonLine(1) + "{\"id\":2,\"text\":7}\n" + JsonLine(3));
  const Status status = ErrorOf(Options());
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("b.jsonl:2: field \"text\": expected a string, found"));
  EXPECT_THAT(status.message(), HasSubstr("1 output is whole in"));
  EXPECT_THAT(NamesOf(FilesOf(folder_ / "out")), ElementsAre("a.jsonl", "a.manifest.json"));
}

TEST_F(EmbedFilesTest, NullKeepsTheRowAndSaysWhy) {
  WritePacked("in/a.jsonl",
              JsonLine(0) + "{\"id\":1,\"text\":\"S\xE3o\"}\n{\"id\":2}\nnonsense\n" + JsonLine(4));
  EmbedFilesOptions options = Options();
  options.on_error = OnRowError::kNull;
  const EmbedFilesReport report = Run(options);
  EXPECT_EQ(report.texts, 5U);
  EXPECT_EQ(report.failed, 3U);
  const auto lines = ResultLines(folder_ / "out/a.jsonl");
  ASSERT_EQ(lines.size(), 5U);
  ExpectRows({lines[0]}, 0);
  ExpectRows({lines[4]}, 4);
  const char* reasons[] = {"a.jsonl:2: byte ", "a.jsonl:3: expected a field \"text\"", "a.jsonl:4"};
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_TRUE(lines[i].at("embedding").is_null());
    EXPECT_THAT(std::string(lines[i].at("error").as_string()), HasSubstr(reasons[i - 1]));
  }
  EXPECT_EQ(lines[1].at("id"), 1);
  EXPECT_EQ(lines[2].at("id"), 2);
  EXPECT_TRUE(lines[3].at("id").is_null());
  EXPECT_EQ(lines[0].if_contains("error"), nullptr);
}

TEST_F(EmbedFilesTest, NpyHasNanForARowWithoutAVector) {
  WritePacked("in/a.jsonl", JsonLine(0) + "{}\n" + JsonLine(2));
  EmbedFilesOptions options = NpyOptions();
  options.on_error = OnRowError::kNull;
  options.output_dtype = VectorDtype::kFloat16;
  EXPECT_EQ(Run(options).failed, 1U);
  const std::string bytes = BytesOf(folder_ / "out/a.npy");
  std::vector<float> values(3 * kDim);
  ReadFloats(FloatFormat::kFloat16, std::string_view(bytes).substr(128), values);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(std::isnan(values[i]), i / kDim == 1) << i;
  }
  const auto manifest = ParseJson(BytesOf(folder_ / "out/a.manifest.json"), "m")->as_object();
  EXPECT_EQ(manifest.at("failed"), 1);
  EXPECT_EQ(manifest.at("failed_rows").at(0).at("row"), 1);
  EXPECT_THAT(std::string(manifest.at("failed_rows").at(0).at("reason").as_string()),
              HasSubstr("a.jsonl:2"));
}

TEST_F(EmbedFilesTest, ATextThatIsTooLongIsNullUnderError) {
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.on_long = OnLong::kError;
  auto service = *EmbeddingsService::Open(config);
  std::string words;
  for (int i = 0; i < 100; ++i) words += "race ";
  WritePacked("in/a.jsonl", JsonLine(0) + "{\"id\":1,\"text\":\"" + words + "\"}\n" + JsonLine(2));
  EmbedFilesOptions options = Options();
  options.on_long = OnLong::kError;
  const Status status = EmbedFiles(service.get(), options).status();
  EXPECT_THAT(status.message(), HasSubstr("a.jsonl, row 2: the text has "));
  options.on_error = OnRowError::kNull;
  const auto report = EmbedFiles(service.get(), options);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->failed, 1U);
  EXPECT_EQ(report->truncated, 0U);
  const auto lines = ResultLines(folder_ / "out/a.jsonl");
  EXPECT_TRUE(lines[1].at("embedding").is_null());
  EXPECT_THAT(std::string(lines[1].at("error").as_string()), HasSubstr("more than 48 tokens"));
  EXPECT_FALSE(lines[2].at("embedding").is_null());
}

TEST_F(EmbedFilesTest, OptionsThatDoNotFitAreRefusedByName) {
  WriteRows("in/a.jsonl", 0, 3);
  EmbedFilesOptions ids = NpyOptions();
  ids.id_field = "id";
  EXPECT_THAT(ErrorOf(ids).message(), HasSubstr("option id_field"));
  EmbedFilesOptions half = Options();
  half.output_dtype = VectorDtype::kFloat16;
  EXPECT_THAT(ErrorOf(half).message(), HasSubstr("option output_dtype"));
  EmbedFilesOptions nowhere = Options();
  nowhere.output = "";
  EXPECT_THAT(CheckEmbedFiles(nowhere).message(), HasSubstr("option output"));
  EmbedFilesOptions none = Options();
  none.inputs = {(folder_ / "in").string() + "/*.parquet"};
  EXPECT_EQ(CheckEmbedFiles(none).code(), StatusCode::kNotFound);
  EmbedFilesOptions folder = Options();
  folder.inputs = {(folder_ / "in").string()};
  EXPECT_EQ(CheckEmbedFiles(folder).code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(EmbedFilesTest, OutputsNeverReplaceInputsOrEachOther) {
  WriteRows("in/a.jsonl", 0, 3);
  EmbedFilesOptions here = Options();
  here.output = folder_ / "in";
  EXPECT_THAT(ErrorOf(here).message(), HasSubstr("the folder of the outputs"));
  here.output = (folder_ / "in").string() + "/";
  EXPECT_THAT(ErrorOf(here).message(), HasSubstr("the folder of the outputs"));
  WriteRows("in/a.jsonl.gz", 0, 3);
  EXPECT_THAT(ErrorOf(Options()).message(), HasSubstr("would both be written as a"));
  std::filesystem::rename(folder_ / "in/a.jsonl.gz", folder_ / "in/a.00001.jsonl");
  EXPECT_THAT(ErrorOf(Options()).message(), HasSubstr("has the name of a part of"));
}

TEST_F(EmbedFilesTest, ADamagedInputLosesNoOutputBeforeIt) {
  WriteRows("in/a.jsonl", 0, 10);
  const std::string whole = BytesOf(WriteRows("in/b.jsonl.zst", 10, 20'000));
  folder_.Write("in/b.jsonl.zst", whole.substr(0, whole.size() / 2));
  const Status status = ErrorOf(Options());
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("b.jsonl.zst: the zstd data ends in the middle"));
  EXPECT_THAT(NamesOf(FilesOf(folder_ / "out")), ElementsAre("a.jsonl", "a.manifest.json"));
}

TEST_F(EmbedFilesTest, ProgressGoesToTheEndAndNeverBack) {
  WriteRows("in/a.jsonl", 0, 20'000);
  WriteRows("in/b.jsonl.gz", 20'000, 20'000);
  EmbedFilesOptions options = Options();
  EmbedFilesProgress last;
  options.progress = [&last](const EmbedFilesProgress& now) {
    EXPECT_GE(now.inputs_done, last.inputs_done);
    EXPECT_LE(now.fraction, 1);
    last = now;
  };
  Run(options);
  EXPECT_EQ(last.texts, 40'000U);
  EXPECT_EQ(last.inputs_done, 2U);
  EXPECT_EQ(last.inputs, 2U);
  EXPECT_DOUBLE_EQ(last.fraction, 1);
}

}  // namespace
}  // namespace vetor
