#include "config/provider_names.h"

#include <gtest/gtest.h>

#include <set>

namespace vetor {
namespace {

TEST(ProviderNames, ShortNameFullNameAndAliasAreKnownInAnyCase) {
  EXPECT_EQ(CanonicalProviderName("cpu"), "CPUExecutionProvider");
  EXPECT_EQ(CanonicalProviderName("CUDA"), "CUDAExecutionProvider");
  EXPECT_EQ(CanonicalProviderName("cudaexecutionprovider"), "CUDAExecutionProvider");
  EXPECT_EQ(CanonicalProviderName("TensorRT"), "TensorrtExecutionProvider");
  EXPECT_EQ(CanonicalProviderName("DirectML"), "DmlExecutionProvider");
  EXPECT_EQ(CanonicalProviderName("coreml"), "CoreMLExecutionProvider");
  EXPECT_EQ(CanonicalProviderName("oneDNN"), "DnnlExecutionProvider");
}

TEST(ProviderNames, OthersAreUnknown) {
  for (const char* name : {"", "tpu", "cpu ", "cp", "CPUExecution", "DirectMLExecutionProvider"}) {
    EXPECT_EQ(CanonicalProviderName(name), "") << name;
  }
}

TEST(ProviderNames, EachIsKnownOnce) {
  std::set<std::string_view> names;
  for (const ProviderName& provider : KnownProviders()) {
    EXPECT_TRUE(names.insert(provider.short_name).second) << provider.short_name;
    EXPECT_TRUE(names.insert(provider.full_name).second) << provider.full_name;
    EXPECT_TRUE(provider.full_name.ends_with("ExecutionProvider")) << provider.full_name;
    EXPECT_EQ(CanonicalProviderName(provider.short_name), provider.full_name);
    EXPECT_EQ(CanonicalProviderName(provider.full_name), provider.full_name);
  }
}

}  // namespace
}  // namespace vetor
