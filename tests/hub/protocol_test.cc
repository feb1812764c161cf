#include "hub/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vetor {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

const HubTarget kFile{"org/name", "main", "onnx/model.onnx", false};

TEST(ProtocolTest, IdsAreThoseOfTheHub) {
  for (const char* id : {"org/name", "bert-base-uncased", "a/b", "Org_1/n.a-m_e"}) {
    EXPECT_TRUE(IsHubId(id)) << id;
  }
  for (const char* id : {"", "/", "a/", "/b", "a/b/c", "../b", "a/..", "a--b/c", "-a/b", "a/b.",
                         "a b/c", "a/b?c", "a\\b", "a/\xC3\xA9"}) {
    EXPECT_FALSE(IsHubId(id)) << id;
  }
  EXPECT_FALSE(IsHubId("a/" + std::string(95, 'b')));
}

TEST(ProtocolTest, AddressesAreEncoded) {
  EXPECT_EQ(RevisionUrl("http://h", {"org/name", "refs/pr/1", ""}),
            "http://h/api/models/org/name/revision/refs%2Fpr%2F1");
  EXPECT_EQ(FileUrl("http://h", {"org/name", "v 1", "a b/c#?.json"}),
            "http://h/org/name/resolve/v%201/a%20b/c%23%3F.json");
}

TEST(ProtocolTest, ETagsLoseTheirQuotesAndMustBeFileNames) {
  EXPECT_EQ(ParseETag("\"abc\""), "abc");
  EXPECT_EQ(ParseETag("W/\"abc\""), "abc");
  EXPECT_EQ(ParseETag(" abc-1.2_3 "), "abc-1.2_3");
  for (const char* bad : {"", "\"\"", "..", "\"../x\"", "a/b", "a b", "a\\b", "W/"}) {
    EXPECT_EQ(ParseETag(bad), std::nullopt) << bad;
  }
}

TEST(ProtocolTest, LinkedHeadersGoBeforePlainOnes) {
  HubResponse answer{200,
                     {{"etag", "\"plain\""},
                      {"content-length", "12"},
                      {"x-repo-commit", "c"},
                      {"x-xet-hash", "ignored"}}};
  auto facts = ReadFileFacts(answer, kFile, "c");
  ASSERT_TRUE(facts.ok()) << facts.status().ToString();
  EXPECT_EQ(facts->etag, "plain");
  EXPECT_EQ(facts->size, 12U);
  answer.headers["x-linked-etag"] = "\"linked\"";
  answer.headers["x-linked-size"] = "3000000000";
  facts = ReadFileFacts(answer, kFile, "c");
  EXPECT_EQ(facts->etag, "linked");
  EXPECT_EQ(facts->size, 3'000'000'000U);
}

TEST(ProtocolTest, AnswersThatAreNotAHubsAreRefused) {
  const HubResponse whole{200, {{"etag", "e"}, {"content-length", "1"}, {"x-repo-commit", "c"}}};
  for (const char* missing : {"etag", "content-length", "x-repo-commit"}) {
    HubResponse answer = whole;
    answer.headers.erase(missing);
    EXPECT_EQ(ReadFileFacts(answer, kFile, "c").status().code(), StatusCode::kDataLoss) << missing;
  }
  EXPECT_THAT(ReadFileFacts(whole, kFile, "other").status().message(), HasSubstr("commit"));
}

TEST(ProtocolTest, RedirectsLeadWhereRfc3986Says) {
  const auto to = [](const char* location, const char* from = "https://h:8/a/b?q") {
    const auto next = RedirectTarget(from, {302, {{"location", location}}});
    return next.ok() ? *next : next.status().message();
  };
  EXPECT_EQ(to("https://cdn/x"), "https://cdn/x");
  EXPECT_EQ(to("//cdn/x"), "https://cdn/x");
  EXPECT_EQ(to("/x?y=http://z"), "https://h:8/x?y=http://z");
  EXPECT_EQ(to("x"), "https://h:8/a/x");
  EXPECT_THAT(to("http://cdn/x"), HasSubstr("from https to http is refused"));
  EXPECT_EQ(to("http://cdn/x", "http://h/a"), "http://cdn/x");
  for (const char* bad : {"ftp://h/x", "file:///etc/passwd", "https://user@h/x", "https://h\\@x/",
                          "https:///x", "https://h/a b"}) {
    EXPECT_THAT(to(bad), HasSubstr("cannot be followed")) << bad;
  }
  EXPECT_THAT(to(""), HasSubstr("without a Location"));
  EXPECT_TRUE(IsRelativeRedirect({307, {{"location", "/api/x"}}}));
  EXPECT_FALSE(IsRelativeRedirect({307, {{"location", "//cdn/x"}}}));
  EXPECT_FALSE(IsRelativeRedirect({200, {{"location", "/x"}}}));
}

TEST(ProtocolTest, OriginsCountThePortThatIsImplied) {
  EXPECT_EQ(*OriginOf("https://H/x"), *OriginOf("https://h:443"));
  EXPECT_FALSE(*OriginOf("https://h") == *OriginOf("https://h:8443"));
  EXPECT_FALSE(*OriginOf("http://127.0.0.1:1") == *OriginOf("http://localhost:1"));
  EXPECT_EQ(OriginOf("http://[::1]/x")->host, "[::1]:80");
}

TEST(ProtocolTest, WaitsAsLongAsTheServerAsks) {
  const HubResponse after{503, {{"retry-after", "7"}}};
  const HubResponse limit{429, {{"ratelimit", "\"api\";r=0;t=55"}}};
  const HubResponse date{503, {{"retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"}}};
  const HubResponse forever{429, {{"retry-after", "99999999"}}};
  EXPECT_EQ(RetryDelay(&after, 1), seconds(8));
  EXPECT_EQ(RetryDelay(&limit, 4), seconds(56));
  EXPECT_EQ(RetryDelay(&date, 3), seconds(4));
  EXPECT_EQ(RetryDelay(&forever, 1), kLongestWait + seconds(1));
  EXPECT_EQ(RetryDelay(nullptr, 1), seconds(1));
  EXPECT_EQ(RetryDelay(nullptr, 9), seconds(8));
  for (const int status : {408, 425, 429, 500, 503, 599}) EXPECT_TRUE(IsRetryable(status));
  for (const int status : {200, 301, 401, 403, 404, 416}) EXPECT_FALSE(IsRetryable(status));
}

TEST(ProtocolTest, ErrorsSayWhatToDo) {
  const auto describe = [](int status, const char* code, bool token = false) {
    HubTarget target = kFile;
    target.token_sent = token;
    HubResponse answer{status, {{"x-error-message", "said\x1b[31m"}}};
    if (*code != '\0') answer.headers["x-error-code"] = code;
    return DescribeHttpError(answer, target).ToString();
  };
  const auto private_or_missing = AllOf(HasSubstr("NOT_FOUND"), HasSubstr("private"),
                                        HasSubstr("HF_TOKEN"), HasSubstr("says: said [31m"));
  EXPECT_THAT(describe(401, ""), private_or_missing);
  EXPECT_THAT(describe(404, "RepoNotFound"), private_or_missing);
  EXPECT_THAT(describe(401, "", true), HasSubstr("the token that was sent may not see it"));
  EXPECT_THAT(describe(403, "GatedRepo"),
              AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr("gated")));
  EXPECT_THAT(describe(401, "GatedRepo"), HasSubstr("gated"));
  EXPECT_THAT(describe(404, "RevisionNotFound"), HasSubstr("no revision main"));
  EXPECT_THAT(describe(404, "EntryNotFound"), HasSubstr("no file onnx/model.onnx"));
  EXPECT_THAT(describe(404, ""), HasSubstr("404"));
  EXPECT_THAT(describe(403, "", true), HasSubstr("token lacks the right"));
  EXPECT_THAT(describe(416, ""), HasSubstr("range"));
  EXPECT_THAT(describe(429, ""), AllOf(HasSubstr("RESOURCE_EXHAUSTED"), HasSubstr("too many")));
  EXPECT_THAT(describe(503, ""), HasSubstr("UNAVAILABLE"));
  EXPECT_THAT(describe(418, ""), HasSubstr("418"));
}

TEST(ProtocolTest, ListingsAreReadStrictly) {
  const std::string sha(40, 'a');
  const auto parse = [&](const std::string& siblings) {
    return ParseListing("{\"sha\":\"" + sha + "\",\"siblings\":" + siblings + "}", kFile);
  };
  const auto listing = parse(R"([{"rfilename":"a/b.json"},{"rfilename":"..c"}])");
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(listing->files, ::testing::ElementsAre("a/b.json", "..c"));
  for (const char* bad : {R"("../x")", R"("/etc/passwd")", R"("a/../../x")", R"("a\\x")", R"("")",
                          R"("a//b")", R"("./a")", R"("a\u0000b")", R"("..")", "7"}) {
    EXPECT_EQ(parse("[{\"rfilename\":" + std::string(bad) + "}]").status().code(),
              StatusCode::kDataLoss)
        << bad;
  }
  const auto again = ParseListing(WriteListing(*listing), kFile);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->commit, sha);
  EXPECT_EQ(again->files, listing->files);
  EXPECT_FALSE(ParseListing("<html>", kFile).ok());
  EXPECT_FALSE(ParseListing(R"({"sha":"../..","siblings":[]})", kFile).ok());
}

TEST(ProtocolTest, ContentRangesGiveTheirStart) {
  EXPECT_EQ(ParseContentRangeStart("bytes 100-199/200"), 100U);
  EXPECT_EQ(ParseContentRangeStart("bytes */200"), std::nullopt);
  EXPECT_EQ(ParseContentRangeStart("items 1-2/3"), std::nullopt);
}

TEST(ProtocolTest, AddressesInAMessageAreCutToTheHost) {
  const std::pair<const char*, const char*> cases[] = {
      {"plain words", "plain words"},
      {"https://a:b@h.example:8/x?sig=1 is gone", "https://h.example:8 is gone"},
      {"see 'http://h/a#b' and <https://u@i>", "see 'http://h' and <https://i>"},
      {"https://a:b/c@h/x", "https://..."},
      {"https://a@b:c@h/x", "https://h"},
      {"https://[::1]:80/x", "https://[::1]:80"},
      {"https://h\\@x/", "https://h"},
      {"https://%61:x@@!/", "https://..."},
      {"://", "://"},
  };
  for (const auto& [text, shown] : cases) EXPECT_EQ(WithoutSecrets(text), shown) << text;
}

TEST(ProtocolTest, SizesAndCountsThatCannotBeAreRefused) {
  const HubResponse huge{
      200, {{"etag", "e"}, {"content-length", "18446744073709551615"}, {"x-repo-commit", "c"}}};
  EXPECT_EQ(ReadFileFacts(huge, kFile, "c").status().code(), StatusCode::kDataLoss);
  for (const char* etag : {"a.incomplete", "\"a.1.incomplete\"", "a.lock"}) {
    EXPECT_EQ(ParseETag(etag), std::nullopt) << etag;
  }
  std::string listing = R"({"sha":")" + std::string(40, 'a') + R"(","siblings":[)";
  for (size_t i = 0; i <= kMaxListedFiles; ++i) listing += R"({"rfilename":"a"},)";
  listing.back() = ']';
  const auto parsed = ParseListing(listing + "}", kFile);
  EXPECT_EQ(parsed.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(parsed.status().message(), HasSubstr("100001 files"));
}

}  // namespace
}  // namespace vetor
