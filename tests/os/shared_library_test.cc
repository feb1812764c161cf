#include "os/shared_library.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

TEST(SharedLibraryTest, KnowsTheNamesOfALibrary) {
  const std::vector<std::string> names = SharedLibraryNames("onnxruntime", 1);
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names)
    EXPECT_TRUE(NamesSharedLibrary(name, "onnxruntime")) << name;
#if defined(__linux__)
  EXPECT_EQ(names, (std::vector<std::string>{"libonnxruntime.so.1", "libonnxruntime.so"}));
#endif
  EXPECT_TRUE(NamesSharedLibrary("libonnxruntime.so.1.28.0", "onnxruntime"));
  EXPECT_FALSE(NamesSharedLibrary("libonnxruntime_providers_shared.so", "onnxruntime"));
  EXPECT_FALSE(NamesSharedLibrary("onnxruntime.txt", "onnxruntime"));
}

}  // namespace
}  // namespace vetor
