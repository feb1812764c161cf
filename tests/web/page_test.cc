// The page as it is in the library: complete, and within its own content security policy.
#include "server/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace vetor {
namespace {

const PageFile* Find(std::string_view path) {
  for (const PageFile& file : PageFiles()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

// What `pattern`'s first group matches in `text`.
std::set<std::string> AllMatches(std::string_view text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  using Iterator = std::cregex_iterator;
  for (Iterator match(text.data(), text.data() + text.size(), regex), end; match != end; ++match) {
    found.insert((*match)[1].str());
  }
  return found;
}

TEST(PageTest, BytesAreThoseOfTheFolder) {
  ASSERT_FALSE(PageFiles().empty());
  for (const PageFile& file : PageFiles()) {
    const std::string name =
        file.path == "/" ? "index.html" : std::string(file.path.substr(sizeof("/page/") - 1));
    std::ifstream stream(std::string(VETOR_SOURCE_DIR "/web/") + name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(file.bytes, bytes) << file.path;
    EXPECT_FALSE(file.content_type.empty()) << file.path;
  }
}

TEST(PageTest, EveryFileThatAFileNamesIsThere) {
  const PageFile* page = Find("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  const std::set<std::string> named = AllMatches(page->bytes, "(?:src|href)=\"(page/[^\"]*)\"");
  EXPECT_GE(named.size(), 3U);
  for (const std::string& path : named) EXPECT_NE(Find("/" + path), nullptr) << path;
  for (const PageFile& file : PageFiles()) {
    for (const std::string& path : AllMatches(file.bytes, "from \"\\./([^\"]*)\"")) {
      const PageFile* module = Find("/page/" + path);
      ASSERT_NE(module, nullptr) << file.path << " imports " << path;
      EXPECT_EQ(module->content_type, "text/javascript; charset=utf-8");
    }
  }
}

// `default-src 'self'` refuses scripts and styles within a page; a browser only writes that into
// its console.
TEST(PageTest, NothingIsInlineAndNothingComesFromElsewhere) {
  const std::string_view page = Find("/")->bytes;
  EXPECT_THAT(AllMatches(page, "(<script>|<style|\\sstyle=|\\son[a-z]+=|javascript:)"),
              testing::IsEmpty());
  for (const PageFile& file : PageFiles()) {
    EXPECT_THAT(AllMatches(file.bytes, "(https?://[^\"\\s]*)"),
                testing::IsSubsetOf({"http://www.w3.org/2000/svg"}))
        << file.path;
    EXPECT_THAT(AllMatches(file.bytes, "(innerHTML|insertAdjacentHTML|document\\.write|eval\\()"),
                testing::IsEmpty())
        << file.path;
  }
}

}  // namespace
}  // namespace vetor
