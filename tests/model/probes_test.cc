#include "model/probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// These are [1, -2] and [0.5, 0] as little-endian float32.
constexpr const char* kProbes = R"("probes":{"texts":["a","ã"],"graphs":{
  "model.onnx":{"precision":"fp32","vectors":["AACAPwAAAMA=","AAAAPwAAAAA="]},
  "onnx/model_quantized.onnx":{"precision":"int8","vectors":["AACAPwAAAMA=","AAAAPwAAAAA="]}}})";

class ProbesTest : public ::testing::Test {
 protected:
  void WriteRecord(const std::string& rest) {
    folder_.Write("vetor_model.json", R"({"format":1,)" + rest + "}");
  }
  Result<std::optional<Probes>> Read(const std::string& graph = "model.onnx") {
    return ReadProbes(folder_.path(), folder_ / graph);
  }
  TemporaryFolder folder_;
};

TEST_F(ProbesTest, TextsAndVectorsOfTheGraph) {
  WriteRecord(kProbes);
  const auto probes = Read();
  ASSERT_TRUE(probes.ok()) << probes.status().ToString();
  ASSERT_TRUE(probes->has_value());
  EXPECT_THAT((*probes)->texts, ElementsAre("a", "ã"));
  EXPECT_THAT((*probes)->vectors, ElementsAre(ElementsAre(1, -2), ElementsAre(0.5, 0)));
  EXPECT_EQ((*probes)->least_cosine, 0.9999);
  EXPECT_EQ((*probes)->graph, folder_ / "model.onnx");
  const auto int8 = Read("onnx/model_quantized.onnx");
  ASSERT_TRUE(int8.ok() && int8->has_value());
  EXPECT_EQ((*int8)->least_cosine, 0.999);
}

TEST_F(ProbesTest, RangesOfTheGraph) {
  WriteRecord(kProbes);
  EXPECT_EQ((*Read())->ranges, ComponentRanges());
  WriteRecord(R"("probes":{"texts":["a"],"graphs":{"model.onnx":{"vectors":["AACAPwAAAMA="],
                 "ranges":["AAAAPwAAAMA=","AACAPwAAAAA="]}}})");
  const auto probes = Read();
  ASSERT_TRUE(probes.ok() && probes->has_value()) << probes.status().ToString();
  EXPECT_THAT((*probes)->ranges.least, ElementsAre(0.5, -2));
  EXPECT_THAT((*probes)->ranges.greatest, ElementsAre(1, 0));
}

TEST_F(ProbesTest, NoneWithoutARecordForTheGraph) {
  EXPECT_EQ(*Read(), std::nullopt);
  WriteRecord(kProbes);
  EXPECT_EQ(*Read("my_own.onnx"), std::nullopt);
  folder_.Write("vetor_model.json", R"({"format":2,"something":"else"})");
  EXPECT_EQ(*Read(), std::nullopt);
  EXPECT_EQ(*VerifyRecordedFiles(folder_.path()), std::nullopt);
}

TEST_F(ProbesTest, AFileOfAnotherSizeIsDataLoss) {
  for (const char* name : {"model.onnx", "model.onnx_data", "tokenizer.json"}) {
    const std::string files = std::string(R"("files":{")") + name + R"(":{"bytes":4}},)";
    WriteRecord(files + kProbes);
    folder_.Write(name, "four");
    EXPECT_TRUE(Read().ok()) << Read().status().ToString();
    folder_.Write(name, "longer");
    EXPECT_EQ(Read().status().code(), StatusCode::kDataLoss);
    EXPECT_THAT(Read().status().message(),
                AllOf(HasSubstr(name), HasSubstr("6 bytes, expected 4"), HasSubstr("vetor_model")));
    fs::remove(folder_ / name);
  }
}

TEST_F(ProbesTest, ARecordOutOfFormIsRefused) {
  const std::string graph = R"("probes":{"texts":["a"],"graphs":{"model.onnx":)";
  const std::string cases[] = {
      R"("probes":3)",
      R"("probes":{})",
      R"("probes":{"graphs":{"model.onnx":1}})",
      R"("probes":{"graphs":{"model.onnx":{"vectors":[]}}})",
      R"("probes":{"texts":[1],"graphs":{"model.onnx":{"vectors":[]}}})",
      graph + R"({}}})",
      graph + R"({"vectors":[]}}})",
      graph + R"({"vectors":[1]}}})",
      graph + R"({"vectors":["!"]}}})",
      graph + R"({"vectors":[""]}}})",
      graph + R"({"vectors":["AAA="]}}})",
      graph + R"({"precision":1,"vectors":["AACAPw=="]}}})",
      R"("probes":{"texts":["a","b"],"graphs":{"model.onnx":{"vectors":["AACAPw==","AACAPwAAAMA="]}}})",
      graph + R"({"vectors":["AACAPw=="],"ranges":3}}})",
      graph + R"({"vectors":["AACAPw=="],"ranges":["AACAPw=="]}}})",
      graph + R"({"vectors":["AACAPw=="],"ranges":["AACAPw==",1]}}})",
      graph + R"({"vectors":["AACAPw=="],"ranges":["AACAPw==","AACAPwAAAMA="]}}})",
      graph + R"({"vectors":["AACAPw=="],"ranges":["AACAPw==","AAAAPw=="]}}})",
      graph + R"({"vectors":["AACAPw=="],"ranges":["AADAfw==","AADAfw=="]}}})",
      graph + R"({"vectors":["AACAPw=="],"ranges":["AACAPw==","AACAfw=="]}}})",
  };
  folder_.Write("model.onnx", "x");
  for (const std::string& rest : cases) {
    WriteRecord(rest);
    EXPECT_EQ(Read().status().code(), StatusCode::kInvalidArgument) << rest;
    EXPECT_THAT(Read().status().message(), HasSubstr("vetor_model.json")) << rest;
  }
  for (const char* whole : {"[]", "{}", R"({"format":"1"})", "{"}) {
    folder_.Write("vetor_model.json", whole);
    EXPECT_EQ(Read().status().code(), StatusCode::kInvalidArgument) << whole;
  }
}

TEST_F(ProbesTest, EveryRecordedFileIsVerified) {
  const auto entry = [](std::string_view content) {
    return R"({"sha256":")" + Hex(Sha256(content)) + R"(","bytes":3})";
  };
  WriteRecord(R"("files":{"a":)" + entry("aaa") + R"(,"sub/b":)" + entry("bbb") + "}");
  folder_.Write("a", "aaa");
  EXPECT_EQ(VerifyRecordedFiles(folder_.path()).status().code(), StatusCode::kNotFound);
  folder_.Write("sub/b", "bbb");
  const auto verified = VerifyRecordedFiles(folder_.path());
  ASSERT_TRUE(verified.ok()) << verified.status().ToString();
  EXPECT_EQ((*verified)->count, 2U);
  EXPECT_EQ((*verified)->bytes, 6U);
  folder_.Write("sub/b", "bbB");
  EXPECT_EQ(VerifyRecordedFiles(folder_.path()).status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(VerifyRecordedFiles(folder_.path()).status().message(), HasSubstr("sub/b"));
  WriteRecord(R"("files":{"../a":)" + entry("aaa") + "}");
  EXPECT_THAT(VerifyRecordedFiles(folder_.path()).status().message(), HasSubstr("leaves"));
  WriteRecord(R"("files":[])");
  EXPECT_FALSE(VerifyRecordedFiles(folder_.path()).ok());
}

}  // namespace
}  // namespace vetor
