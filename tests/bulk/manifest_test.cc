#include "bulk/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

Manifest SomeManifest() {
  Manifest manifest;
  manifest.input_name = "São \"1\".jsonl";
  manifest.input_bytes = UINT64_MAX;
  manifest.input_modified_ns = -5;
  manifest.input_digest = "ab";
  manifest.output_name = "out.npy";
  manifest.output_bytes = 7;
  manifest.part = 3;
  manifest.first_row = 2000;
  manifest.last = true;
  manifest.rows = 9;
  manifest.tokens = 90;
  manifest.truncated = 2;
  manifest.failed = 1;
  manifest.failed_rows = {{4, "a.jsonl:5: why\n"}};
  manifest.version = "0.2.0";
  manifest.model_id = "model";
  manifest.fingerprint = "cd";
  manifest.runtime = "native (avx2)";
  manifest.provider = "CPUExecutionProvider";
  manifest.precision = "fp32";
  manifest.dim = 384;
  manifest.settings = {{"field", "text"}, {"format", "npy"}};
  return manifest;
}

TEST(ManifestTest, TheTextIsReadBackAsItWas) {
  const TemporaryFolder folder;
  Manifest manifest = SomeManifest();
  const auto read = ReadManifest(folder.Write("m", ManifestText(manifest)));
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  manifest.failed_rows.clear();  // For people; nothing reads them.
  EXPECT_EQ(ManifestText(*read), ManifestText(manifest));
  EXPECT_TRUE(CheckSameMaker(*read, manifest, "m").ok());
}

TEST(ManifestTest, ADamagedManifestIsDataLossAtEveryLength) {
  const TemporaryFolder folder;
  const std::string text = ManifestText(SomeManifest());
  for (size_t bytes = 0; bytes + 2 < text.size(); bytes += 7) {
    const auto read = ReadManifest(folder.Write("m", text.substr(0, bytes)));
    EXPECT_FALSE(read.ok()) << bytes;
  }
  EXPECT_THAT(ReadManifest(folder.Write("m", "[]")).status().message(),
              HasSubstr("is not the manifest of a bulk job"));
}

}  // namespace
}  // namespace vetor
