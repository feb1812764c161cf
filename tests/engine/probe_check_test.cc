// If a model's vectors are not those that it had when it was exported, it is refused when it opens.
#include "engine/probe_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/folder/export_record.h"
#include "exporter/folder/probe_texts.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// As "auto" chooses: tiny-bert's graph runs on ONNX Runtime; all-MiniLM-L6-v2's on vetor's own
// kernels first, whose disagreement with the record hands it over.
class ProbeCheckTest : public ::testing::TestWithParam<const char*> {
 protected:
  // Links the model's files into a folder that may have a record of its own.
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    const fs::path model = std::string(GetParam()) == "tiny-bert"
                               ? testing::TestData("model/tiny-bert")
                               : testing::FetchedModel(GetParam());
    VETOR_SKIP_WITHOUT(model / "model.onnx");
    for (const auto& entry : fs::directory_iterator(model)) {
      const fs::path link = folder_ / entry.path().filename().string();
      fs::create_symlink(fs::canonical(entry.path()), link);
    }
    config_ = testing::TinyConfig();
    config_.model.path = folder_.path().string();
  }

  Status Open() {
    const auto service = EmbeddingsService::Open(config_);
    return service.ok() ? Status() : service.status();
  }

  // Writes what an export on this machine would record, with vectors turned by `turn` of their
  // greatest component.
  void WriteRecord(const std::string& precision, float turn,
                   const std::string& graph = "model.onnx") {
    fs::remove(folder_ / kExportRecordName);
    const auto service = EmbeddingsService::Open(config_);
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    const auto rows = (*service)->Embed(ProbeTexts());
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    ExportRecord record{.source = "test", .family = "bert", .opset = 12};
    GraphProbes& probes = record.graphs[graph];
    probes.precision = precision;
    for (size_t i = 0; i < rows->rows; ++i) {
      probes.vectors.emplace_back(rows->row(i).begin(), rows->row(i).end());
    }
    probes.vectors[5][3] += turn;
    const Status written = WriteExportRecord(folder_.path(), record);
    ASSERT_TRUE(written.ok()) << written.ToString();
  }

  TemporaryFolder folder_;
  EmbeddingsConfig config_;
};

TEST_P(ProbeCheckTest, TheModelThatWasExportedOpens) {
  WriteRecord("fp32", 0);
  EXPECT_TRUE(Open().ok()) << Open().ToString();
  config_.dim = 8;  // Only the dimensions that are kept are compared.
  EXPECT_TRUE(Open().ok()) << Open().ToString();
  config_.normalize = false;
  EXPECT_TRUE(Open().ok()) << Open().ToString();
}

TEST_P(ProbeCheckTest, OtherVectorsAreDataLoss) {
  WriteRecord("fp32", 0.03F);  // A cosine of about 0.9996.
  EXPECT_EQ(Open().code(), StatusCode::kDataLoss);
  EXPECT_THAT(Open().message(),
              AllOf(HasSubstr("model.onnx"), HasSubstr(std::string(ProbeTexts()[5])),
                    HasSubstr("0.999"), HasSubstr("delete vetor_model.json")));
  // The user asked for this pooling, so there is nothing to compare with.
  config_.model.pooling = {PoolingMode::kCls};
  EXPECT_TRUE(Open().ok()) << Open().ToString();
  config_.model.pooling.clear();
  config_.fallback = Fallback::kHashing;
  const auto service = EmbeddingsService::Open(config_);
  ASSERT_TRUE(service.ok());
  EXPECT_THAT((*service)->fallback_reason(), HasSubstr("vetor_model.json"));
  WriteRecord("int8", 0.03F);  // This is within what processors differ by.
  config_.fallback = Fallback::kError;
  EXPECT_TRUE(Open().ok()) << Open().ToString();
}

TEST_P(ProbeCheckTest, AGraphInOnnxIsFoundInTheRecord) {
  fs::create_directories(folder_ / "onnx");
  fs::rename(folder_ / "model.onnx", folder_ / "onnx/model.onnx");
  WriteRecord("fp32", 0, "onnx/model.onnx");
  EXPECT_TRUE(Open().ok()) << Open().ToString();
  WriteRecord("fp32", 0.5F, "onnx/model.onnx");
  EXPECT_EQ(Open().code(), StatusCode::kDataLoss);
  config_.model.path = (folder_ / "onnx/model.onnx").string();
  EXPECT_EQ(Open().code(), StatusCode::kDataLoss);
  config_.model.path = folder_.path().string() + "/";
  EXPECT_EQ(Open().code(), StatusCode::kDataLoss);
}

TEST_P(ProbeCheckTest, ARecordOfFewerComponentsIsAnotherModels) {
  config_.dim = 16;
  WriteRecord("fp32", 0);
  config_.dim.reset();
  EXPECT_EQ(Open().code(), StatusCode::kDataLoss);
  EXPECT_THAT(Open().message(), HasSubstr("expected 16"));
}

INSTANTIATE_TEST_SUITE_P(Models, ProbeCheckTest,
                         ::testing::Values("tiny-bert", "all-MiniLM-L6-v2"));

}  // namespace
}  // namespace vetor
