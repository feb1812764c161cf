// The routes of text-embeddings-inference.
#include "server/api/tei_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "tests/server/api/api_under_test.h"
#include "vetor/tokenizer.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::FieldOf;
using ::testing::HasSubstr;
using testing::JsonOf;

TEST(TeiRoutes, VectorsAreABareList) {
  const auto api = ApiUnderTest::WithTiny();
  for (const char* path : {"/embed", "/"}) {
    const HttpResponse one = api->Post(path, R"({"inputs":"a","truncate":true})");
    ASSERT_EQ(one.status, 200) << one.body;
    EXPECT_EQ(JsonOf(one).as_array().size(), 1U);
    EXPECT_EQ(JsonOf(one).at(0).as_array().size(), 32U);
    EXPECT_EQ(JsonOf(api->Post(path, R"({"inputs":["a","b"]})")).as_array().size(), 2U);
  }
}

// Words that are one token each; tiny-bert reads 46 of them beside its special tokens.
std::string Words(int begin, int end) {
  static const std::vector<std::string> kWords = {"race", "monaco", "spa", "prix", "brazil"};
  std::string text;
  for (int i = begin; i < end; ++i) {
    text += (text.empty() ? "" : " ") + kWords[static_cast<size_t>(i * i + i / 7) % kWords.size()];
  }
  return text;
}

// docs/faults.md, row 8: the caller says which end of a long text is read.
TEST(TeiRoutes, Row8ALongTextIsCutOnTheSideThatTheRequestNames) {
  const auto api = ApiUnderTest::WithTiny();
  const auto embed = [&](const std::string& text, const std::string& more) {
    const HttpResponse answer = api->Post("/embed", R"({"inputs":")" + text + '"' + more + "}");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer;
  };
  const std::string text = Words(0, 100);
  const HttpResponse left = embed(text, R"(,"truncate":true,"truncation_direction":"Left")");
  EXPECT_EQ(left.body, embed(Words(54, 100), "").body);
  EXPECT_EQ(FieldOf(left, "x-vetor-truncated"), "1");
  EXPECT_EQ(embed(text, R"(,"truncation_direction":"right")").body, embed(Words(0, 46), "").body);
  EXPECT_NE(left.body, embed(text, "").body);
  const HttpResponse refused = api->Post(
      "/embed", R"({"inputs":")" + text + R"(","truncate":false,"truncation_direction":"Left"})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("send \\\"truncate\\\": true"));
  EXPECT_EQ(api->Post("/embed", R"({"inputs":"a","truncation_direction":"up"})").status, 422);
}

TEST(TeiRoutes, WhatTheHubsClientSendsWhenItsUserSaysNothing) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse features =
      api->Post("/", R"({"inputs":"a","normalize":null,"prompt_name":null,"truncate":null,)"
                     R"("truncation_direction":null,"dimensions":null,"encoding_format":null})");
  ASSERT_EQ(features.status, 200) << features.body;
  const HttpResponse similarity =
      api->Post("/", R"({"inputs":{"source_sentence":"a b","sentences":["a b","fast car"]}})");
  ASSERT_EQ(similarity.status, 200) << similarity.body;
  EXPECT_EQ(JsonOf(similarity).as_array().size(), 2U);
  EXPECT_NEAR(JsonOf(similarity).at(0).to_number<double>(), 1, 1e-6);
  EXPECT_LT(JsonOf(similarity).at(1).to_number<double>(), 0.999);
}

TEST(TeiRoutes, SimilarityNeedsItsTexts) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post("/similarity", R"({"inputs":{"sentences":["a"]}})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(JsonOf(answer).at("error_type"), "Validation");
  EXPECT_THAT(answer.body, HasSubstr("source_sentence"));
  EXPECT_EQ(api->Post("/similarity", R"({"inputs":"a"})").status, 422);
}

TEST(TeiRoutes, CosinesAreJsonEvenIfRawRowsAreAccepted) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer =
      api->Post("/", R"({"inputs":{"source_sentence":"a","sentences":["b"]}})",
                {{"Accept", "application/octet-stream, */*"}});
  EXPECT_EQ(JsonOf(answer).as_array().size(), 1U);
}

TEST(TeiRoutes, OptionsMayLieInParameters) {
  const auto api = ApiUnderTest::WithTiny();
  const auto nested = api->Post("/", R"({"inputs":"a","parameters":{"dimensions":4}})");
  EXPECT_EQ(JsonOf(nested).at(0).as_array().size(), 4U);
}

TEST(TeiRoutes, VectorsThatAreScaledCannotBeHadUnscaled) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse answer = api->Post("/embed", R"({"inputs":"a","normalize":false})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("ai.normalize"));
}

TEST(TeiRoutes, TokensHaveTheirPlacesInCharacters) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post("/tokenize", R"({"inputs":"é fast"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const boost::json::value json = JsonOf(answer);
  const boost::json::array& tokens = json.at(0).as_array();
  EXPECT_EQ(tokens.front().at("special"), true);
  EXPECT_TRUE(tokens.front().at("start").is_null());
  EXPECT_EQ(tokens.front().at("text"), "[CLS]");
  EXPECT_EQ(tokens[1].at("start"), 0);
  EXPECT_EQ(tokens[1].at("stop"), 1);
  EXPECT_EQ(tokens[2].at("start"), 2);
  const auto bare = api->Post("/tokenize", R"({"inputs":"a","add_special_tokens":false})");
  EXPECT_EQ(JsonOf(bare).at(0).as_array().size(), 1U);
}

TEST(TeiRoutes, HashingHasNoTokens) {
  const auto api = ApiUnderTest::WithHashing();
  EXPECT_EQ(api->Post("/tokenize", R"({"inputs":"a"})").status, 501);
  EXPECT_EQ(api->Post("/decode", R"({"ids":[1]})").status, 501);
}

TEST(TeiRoutes, InfoHasTheLimitsThatClientsRead) {
  const auto api = ApiUnderTest::WithTiny({.max_connections = [] { return size_t{77}; }});
  const boost::json::value info = JsonOf(api->Get("/info"));
  EXPECT_EQ(info.at("max_input_length"), 48);
  EXPECT_EQ(info.at("max_concurrent_requests"), 77) << "the connections that may be open";
  EXPECT_TRUE(info.at("max_client_batch_size").is_int64());
  EXPECT_EQ(info.at("model_type").at("embedding").at("dimensions"), 32);
}

TEST(TeiRoutes, DecodeGivesTheTextOfIdsBack) {
  const auto api = ApiUnderTest::WithTiny();
  const auto tokenizer = OpenTokenizer(testing::TinyConfig(Runtime::kNative));
  TokenSequence tokens;
  ASSERT_TRUE(tokenizer->tokenizer->Encode("fast race", {}, &tokens).ok());
  const boost::json::value ids = boost::json::value_from(tokens.ids);
  const auto post = [&](const boost::json::value& body) {
    const HttpResponse answer = api->Post("/decode", boost::json::serialize(body));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return JsonOf(answer);
  };
  const std::string bare = tokenizer->tokenizer->Decode(tokens.ids, true).value();
  const std::string whole = tokenizer->tokenizer->Decode(tokens.ids, false).value();
  EXPECT_THAT(whole, HasSubstr("[CLS] "));
  EXPECT_EQ(post({{"ids", ids}}), boost::json::array{bare});
  EXPECT_EQ(post({{"ids", ids}, {"skip_special_tokens", nullptr}}), boost::json::array{bare});
  EXPECT_EQ(post({{"ids", {ids, boost::json::array()}}, {"skip_special_tokens", false}}),
            (boost::json::array{whole, ""}));
  EXPECT_EQ(post({{"ids", {2.0, 3}}, {"skip_special_tokens", true}}), boost::json::array{""});
}

TEST(TeiRoutes, DecodeSaysWhichIdIsWrongAndWhere) {
  const auto api = ApiUnderTest::WithTiny();
  const std::pair<const char*, const char*> refused[] = {
      {"[[1],[2,99999999]]", "list 1 of \\\"ids\\\": id 99999999 at position 1 of 2 ids"},
      {"[-1]", "id -1 at position 0"},
      {"[18446744073709551615]", "at position 0"},
      {"[1e300]", "field \\\"ids\\\"[0] is a number; expected an integer"},
      {"[1.5]", "field \\\"ids\\\"[0] is a number; expected an integer"},
      {"[1,\"a\"]", "field \\\"ids\\\"[1] is a string; expected an integer"},
      {"[[1],2]", "field \\\"ids\\\"[1] is "},
      {"[[1],[true]]", "field \\\"ids\\\"[1][0] is "},
      {"\"a\"", "expected a list of token ids"},
      {"null", "is missing"}};
  for (const auto& [ids, message] : refused) {
    const HttpResponse answer = api->Post("/decode", std::string(R"({"ids":)") + ids + "}");
    EXPECT_EQ(answer.status, 422) << ids;
    EXPECT_THAT(answer.body, HasSubstr(message)) << ids;
  }
  const HttpResponse empty = api->Post("/decode", R"({"ids":[]})");
  EXPECT_EQ(empty.status, 400);
  EXPECT_EQ(JsonOf(empty).at("error_type"), "Empty");
}

TEST(TeiRoutes, DecodeCountsTokensAndLists) {
  const auto api = ApiUnderTest::WithTiny();
  for (const char* one : {"[]", "2"}) {
    std::string body = std::string(R"({"ids":[)") + one;
    for (int i = 1; i < 200'000; ++i) body.append(",").append(one);
    const HttpResponse answer = api->Post("/decode", body + "]}");
    EXPECT_EQ(answer.status, 413);
    EXPECT_THAT(answer.body, HasSubstr("/decode takes 1,048,576"));
  }
}

// Ten million empty texts were 1.4 GB of brackets and special tokens.
TEST(TeiRoutes, TokenizeCountsTextsAsWellAsTheirBytes) {
  const auto api = ApiUnderTest::WithTiny();
  std::string body = R"({"inputs":[")";
  body += '"';
  for (int i = 1; i < 20'000; ++i) body += R"(,"")";
  const HttpResponse answer = api->Post("/tokenize", body + "]}");
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("20,000 texts count as"));
}

// Tokens of one character go back to its beginning, from where characters were counted anew.
TEST(TeiRoutes, TokensOfOneCharacterHaveItsPlace) {
  EmbeddingsConfig byte_level;
  byte_level.model.tokenizer_path = VETOR_TEST_DATA_DIR "/fuzz/tokenizers/roberta.json";
  auto tokenizer = OpenTokenizer(byte_level);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  ApiUnderTest api({}, {"tiny"});
  OpenedModel model = testing::OpenForServing(testing::TinyConfig(Runtime::kNative));
  model.tokenizer = tokenizer->tokenizer.get();
  api.models().Put(0, std::move(model));
  const HttpResponse answer =
      api.Post("/tokenize", R"({"inputs":"\ud83c\udfc1x\ud83c\udfc1","add_special_tokens":false})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const boost::json::value json = JsonOf(answer);
  std::map<int64_t, size_t> tokens_at;
  for (const auto& token : json.at(0).as_array()) {
    if (token.at("text") == "") continue;  // The space that the tokenizer puts in front.
    const auto start = token.at("start").to_number<int64_t>();
    EXPECT_EQ(token.at("stop").to_number<int64_t>(), start + 1) << answer.body;
    ++tokens_at[start];
  }
  EXPECT_EQ(tokens_at.size(), 3U) << answer.body;
  EXPECT_GT(tokens_at[0], 1U) << answer.body;
  EXPECT_GT(tokens_at[2], 1U) << answer.body;
}

}  // namespace
}  // namespace vetor
