// Tokens that the tokenizer has and the model's embedding table does not.
#include "engine/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "os/file.h"
#include "os/log.h"
#include "tests/support/each_runtime.h"
#include "tests/support/temporary_folder.h"
#include "vetor/export_model.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kNewToken =
    R"({"id":160,"content":"[NEW]","single_word":false,"lstrip":false,"rstrip":false,)"
    R"("normalized":false,"special":true},)";

std::vector<std::string>* warnings = nullptr;

class TokenTableTest : public testing::OnEachRuntime {
 protected:
  void SetUp() override {
    OnEachRuntime::SetUp();
    folder_.CopyModel("tiny-bert", "m");
    warnings = &warnings_;
    SetLogSink([](LogLevel level, std::string_view message) {
      if (level == LogLevel::kWarning) warnings->emplace_back(message);
    });
  }
  void TearDown() override { SetLogSink(nullptr); }

  // tiny-bert knows 160 tokens; the tokenizer gets one more.
  void AddToken() {
    Replace("\"added_tokens\": [", std::string("\"added_tokens\": [") + kNewToken);
  }
  void Replace(const std::string& what, const std::string& with) {
    std::string json = *ReadFile(folder_ / "m/tokenizer.json");
    const size_t at = json.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    folder_.Write("m/tokenizer.json", json.replace(at, what.size(), with));
  }
  Result<std::unique_ptr<EmbeddingsService>> Open() {
    EmbeddingsConfig config = TinyConfig();
    config.model.path = (folder_ / "m").string();
    return EmbeddingsService::Open(config);
  }

  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};
VETOR_ON_EACH_RUNTIME(TokenTableTest);

TEST_P(TokenTableTest, ATokenWithoutARowIsSaidAtOpenAndRefusedInATextAlone) {
  const std::vector<float> before = (*Open())->Embed({"hello world"})->values;
  EXPECT_THAT(warnings_, IsEmpty());
  AddToken();
  const auto service = Open();
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("\"[NEW]\" (id 160)"), HasSubstr("160 rows"),
                                           HasSubstr("tokenizer.json"))));
  EXPECT_EQ((*service)->Embed({"hello world"})->values, before);
  const Status status = (*service)->Embed({"hello", "a [NEW] world"}).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("text 1"), HasSubstr("token id 160"), HasSubstr("160 rows")));
}

TEST_P(TokenTableTest, ATokenWithoutARowThatEveryTextGetsIsRefusedAtOpen) {
  AddToken();
  Replace(R"("ids": [
     2
    ])",
          R"("ids": [
     160
    ])");
  const Status status = Open().status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("every text gets \"[NEW]\""), HasSubstr("160")));
}

// The tokenizer belongs to another model: most of its ids mean other words, and the rest mean
// nothing.
TEST_P(TokenTableTest, ATokenizerWithFarMoreTokensThanRowsIsRefused) {
  std::string tokens;
  for (int i = 0; i < 40; ++i)
    tokens += "\"zz" + std::to_string(i) + "\": " + std::to_string(160 + i) + ", ";
  Replace("\"[PAD]\": 0,", tokens + "\"[PAD]\": 0,");
  const Status status = Open().status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("and 37 more"), HasSubstr("two models")));
}

// An export runs what it wrote on ONNX Runtime, whatever the setting says.
class ExportedTokenTableTest : public TokenTableTest {};
VETOR_ON_ONNX_RUNTIME(ExportedTokenTableTest);

TEST_P(ExportedTokenTableTest, AnExportSaysIt) {
  AddToken();
  ExportOptions options;
  options.source = (folder_ / "m").string();
  options.output = (folder_ / "out").string();
  options.library_path = testing::TestRuntime();
  const auto report = ExportModel(options);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_THAT(report->warnings, ElementsAre(HasSubstr("\"[NEW]\" (id 160)")));
}

}  // namespace
}  // namespace vetor
