// The ten rules that clients of embeddings servers break on, each by its number: what they send
// when their user says nothing, and what they make of the answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/base64.h"
#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::FieldOf;
using ::testing::HasSubstr;
using testing::JsonOf;
using testing::MakeRequest;
using ::testing::Not;

std::vector<float> NumbersOf(const boost::json::value& list) {
  std::vector<float> numbers;
  for (const boost::json::value& number : list.as_array()) {
    numbers.push_back(number.to_number<float>());
  }
  return numbers;
}

double LengthOf(std::span<const float> row) {
  double squares = 0;
  for (const float value : row) squares += double{value} * value;
  return std::sqrt(squares);
}

TEST(ClientRules, Rule1Base64ExactlyWhenAskedAndNullIsAbsent) {
  const auto api = ApiUnderTest::WithHashing();
  for (const char* body :
       {R"({"input":"a b"})", R"({"input":"a b","encoding_format":"float"})",
        R"({"input":"a b","encoding_format":null,"dimensions":null,"user":null,"model":null,)"
        R"("prompt_name":null,"input_type":null,"truncate":null,"no_such_field":{"x":[1]}})"}) {
    const HttpResponse answer = api->Post("/v1/embeddings", body);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(JsonOf(answer).at("data").at(0).at("embedding").is_array()) << body;
  }
  const HttpResponse floats = api->Post("/v1/embeddings", R"({"input":"a b"})");
  const HttpResponse coded =
      api->Post("/v1/embeddings", R"({"input":"a b","encoding_format":"base64"})");
  const std::string bytes =
      DecodeBase64(JsonOf(coded).at("data").at(0).at("embedding").as_string()).value();
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  EXPECT_EQ(values, NumbersOf(JsonOf(floats).at("data").at(0).at("embedding")));
}

TEST(ClientRules, Rule2TokenIdsAreRefusedWithTheRemedy) {
  const auto api = ApiUnderTest::WithHashing();
  for (const char* input : {"[1,2,3]", "[[1,2],[3]]"}) {
    const HttpResponse answer =
        api->Post("/v1/embeddings", std::string(R"({"input":)") + input + "}");
    EXPECT_EQ(answer.status, 400);
    const boost::json::value error = JsonOf(answer).at("error");
    EXPECT_EQ(error.at("code"), "token_ids_not_supported");
    EXPECT_EQ(error.at("param"), "input");
    EXPECT_THAT(answer.body, HasSubstr("check_embedding_ctx_length=False"));
    EXPECT_THAT(answer.body, HasSubstr("ai.server.token_ids"));
  }
}

std::unique_ptr<ApiUnderTest> TinyThatTakesIds() {
  ApiOptions options;
  options.config.token_ids = TokenIdInput::kModel;
  return ApiUnderTest::WithTiny(options);
}

// The ids that the model of the server sees, with the special tokens around them.
boost::json::array IdsOf(ApiUnderTest* api, std::string_view text) {
  TokenSequence tokens;
  const Status status = api->service().tokenizer()->Encode(text, {}, &tokens);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return boost::json::array(tokens.ids.begin(), tokens.ids.end());
}

HttpResponse Embed(ApiUnderTest* api, const boost::json::value& input) {
  const boost::json::object body{{"input", input}};
  return api->Post("/v1/embeddings", boost::json::serialize(body));
}

boost::json::array ListsOf(const std::vector<boost::json::array>& lists) {
  return boost::json::array(lists.begin(), lists.end());
}

std::vector<float> FirstVectorOf(const HttpResponse& answer) {
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.status == 200 ? NumbersOf(JsonOf(answer).at("data").at(0).at("embedding"))
                              : std::vector<float>();
}

TEST(ClientRules, Rule2IdsOfTheModelAreItsTextsIfTheServerTakesThem) {
  const auto api = TinyThatTakesIds();
  std::string longer_than_the_model_takes;
  for (int i = 0; i < 60; ++i) longer_than_the_model_takes += "race ";
  for (const std::string& text :
       {std::string("fast race"), std::string("Race in S\xC3\xA3o Paulo!"), std::string(),
        std::string("\xF0\x9F\x8F\x81"), longer_than_the_model_takes}) {
    const boost::json::array ids = IdsOf(api.get(), text);
    const std::vector<float> wanted = FirstVectorOf(Embed(api.get(), boost::json::value(text)));
    EXPECT_EQ(FirstVectorOf(Embed(api.get(), ids)), wanted) << text;
    const HttpResponse both = Embed(api.get(), ListsOf({ids, IdsOf(api.get(), "race")}));
    EXPECT_EQ(FirstVectorOf(both), wanted) << text;
    EXPECT_EQ(JsonOf(both).at("data").as_array().size(), 2U);
  }
}

TEST(ClientRules, Rule2IdsOfAnotherTokenizerAreRefusedWithTheirPlace) {
  const auto api = TinyThatTakesIds();
  const boost::json::array good = IdsOf(api.get(), "fast race");
  boost::json::array padded = good;
  padded.emplace_back(0);
  boost::json::array within = good;
  within.insert(within.end(), good.begin(), good.end());
  boost::json::array negative = good;
  negative[2] = -1;
  const boost::json::array bare(good.begin() + 1, good.end() - 1);
  const boost::json::array headless(good.begin() + 1, good.end());
  const boost::json::array endless(good.begin(), good.end() - 1);
  const boost::json::array head(good.begin(), good.begin() + 1);
  boost::json::array unknown = good;
  unknown[1] = 1'000'000;
  boost::json::array large = good;
  large[1] = int64_t{1} << 40;
  // A piece that continues a word cannot begin a text.
  const auto* tokenizer = api->service().tokenizer();
  int64_t piece = -1;
  for (int64_t id = 0; id < tokenizer->id_bound() && piece < 0; ++id) {
    if (tokenizer->IdToToken(id).starts_with("##")) piece = id;
  }
  ASSERT_GE(piece, 0);
  boost::json::array continued = good;
  continued[1] = piece;
  const std::string first = "its position 0 is " + boost::json::serialize(good[1]);
  const std::pair<boost::json::value, std::string> refused[] = {
      {bare, first + ", expected " + boost::json::serialize(good[0])},
      {headless, "the special token \"[CLS]\" that stands before each text"},
      {endless, "the special token \"[SEP]\" that stands behind each text"},
      {ListsOf({boost::json::array()}), "its position 0 is the end, expected"},
      {ListsOf({head}), "its position 1 is the end, expected"},
      {ListsOf({good, padded}),
       "[1] does not hold ids that this model gives for a text: its position"},
      {padded, "that stands behind each text"},
      {within, "which stands at the ends of a text only"},
      {unknown, "id 1000000 at position 1 of"},
      {large, "id 1099511627776 at position 1 of"},
      {ListsOf({good, negative}), "id -1 at position 2 of"},
      {continued, "its position 1 is " + std::to_string(piece) + ", and this model"}};
  for (const auto& [input, message] : refused) {
    const HttpResponse answer = Embed(api.get(), input);
    EXPECT_EQ(answer.status, 400) << answer.body;
    const boost::json::value error = JsonOf(answer).at("error");
    EXPECT_EQ(error.at("code"), "token_ids_not_of_this_model");
    EXPECT_EQ(error.at("param"), "input");
    EXPECT_THAT(std::string(error.at("message").as_string()), HasSubstr(message));
  }
}

TEST(ClientRules, Rule2ListsOfTextsAndIdsAreRefused) {
  const auto api = TinyThatTakesIds();
  for (const char* input : {R"([1,"a"])", R"(["a",1])", R"([[1],"a"])", R"([[1],1])", R"([["a"]])",
                            "[1.5]", "[[true]]", "[null]", "[]", "7", R"([{"a":1}])"}) {
    const HttpResponse answer =
        api->Post("/v1/embeddings", std::string(R"({"input":)") + input + "}");
    EXPECT_EQ(answer.status, 400) << input << answer.body;
    EXPECT_EQ(JsonOf(answer).at("error").at("param"), "input") << input;
  }
  EXPECT_EQ(Embed(api.get(), "a text").status, 200);
  EXPECT_EQ(api->Post("/embed", R"({"inputs":[1]})").status, 422) << "of other routes";
}

// What a prompt is put before is the text, as TEI does it.
TEST(ClientRules, Rule2APromptStandsBeforeTheTextOfIds) {
  const auto api = TinyThatTakesIds();
  boost::json::object body{{"input", "fast race"}, {"prompt_name", "query"}};
  const HttpResponse asked = api->Post("/v1/embeddings", boost::json::serialize(body));
  body["input"] = IdsOf(api.get(), "fast race");
  const HttpResponse answer = api->Post("/v1/embeddings", boost::json::serialize(body));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(JsonOf(answer).at("data"), JsonOf(asked).at("data"));
}

TEST(ClientRules, Rule2AModelWithoutATokenizerTakesNoIds) {
  ApiOptions options;
  options.config.token_ids = TokenIdInput::kModel;
  const auto api = ApiUnderTest::WithHashing(options);
  const HttpResponse answer = Embed(api.get(), boost::json::array{1, 2});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(JsonOf(answer).at("error").at("code"), "token_ids_not_supported");
}

TEST(ClientRules, Rule3AnyNumberOfInputsInOrderWithIndex) {
  const auto api = ApiUnderTest::WithHashing();
  boost::json::array texts;
  for (int i = 0; i < 5000; ++i) texts.emplace_back("text " + std::to_string(i));
  const HttpResponse answer =
      api->Post("/v1/embeddings", boost::json::serialize(boost::json::object{{"input", texts}}));
  ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 200);
  const boost::json::value json = JsonOf(answer);
  ASSERT_EQ(json.at("data").as_array().size(), 5000U);
  for (size_t i : {size_t{0}, size_t{1}, size_t{4999}}) {
    EXPECT_EQ(json.at("data").at(i).at("index").to_number<size_t>(), i);
    const auto alone = api->service().Embed({std::string_view(texts[i].as_string())});
    EXPECT_EQ(NumbersOf(json.at("data").at(i).at("embedding")), alone->values);
  }
}

TEST(ClientRules, Rule4AnEmptyTextHasAVectorAndAnEmptyListIs400) {
  const auto api = ApiUnderTest::WithTiny();
  for (const char* body : {R"({"input":""})", R"({"input":["a",""]})"}) {
    EXPECT_EQ(api->Post("/v1/embeddings", body).status, 200) << body;
  }
  EXPECT_EQ(api->Post("/embed", R"({"inputs":["a",""]})").status, 200);
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":[]})").status, 400);
  const HttpResponse tei = api->Post("/embed", R"({"inputs":[]})");
  EXPECT_EQ(tei.status, 400);
  EXPECT_EQ(JsonOf(tei).at("error_type"), "Empty");
  EXPECT_EQ(api->Post("/v2/embed", R"({"texts":[]})").status, 400);
  EXPECT_EQ(api->Post("/api/embed", R"({"input":[]})").status, 400);
}

TEST(ClientRules, Rule5DimensionsCutAndScaleAgainAndMoreThanTheModelHasIs400) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post("/v1/embeddings", R"({"input":"fast","dimensions":8})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::vector<float> row = NumbersOf(JsonOf(answer).at("data").at(0).at("embedding"));
  EXPECT_EQ(row.size(), 8U);
  EXPECT_NEAR(LengthOf(row), 1, 1e-6);
  EXPECT_THAT(FieldOf(answer, "x-vetor-warning"), HasSubstr("8 of its 32"));

  const HttpResponse whole = api->Post("/v1/embeddings", R"({"input":"fast","dimensions":32})");
  EXPECT_EQ(FieldOf(whole, "x-vetor-warning"), "");
  const HttpResponse more = api->Post("/v1/embeddings", R"({"input":"fast","dimensions":64})");
  EXPECT_EQ(more.status, 400);
  EXPECT_THAT(more.body, HasSubstr("64"));
  EXPECT_THAT(more.body, HasSubstr("32"));
  EXPECT_EQ(JsonOf(more).at("error").at("param"), "dimensions");
}

// The connection ignores the fields; the routes see a request like any other.
TEST(ClientRules, Rule6UpgradeFieldsChangeNothing) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse answer = api->Post(
      "/v1/embeddings", R"({"input":"a"})",
      {{"Connection", "Upgrade, HTTP2-Settings"}, {"Upgrade", "h2c"}, {"HTTP2-Settings", "AAMA"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.close);
}

TEST(ClientRules, Rule7LoadingIs503WithATimeInEachFamilysShape) {
  ApiUnderTest api;
  const auto check = [&api](const char* path, const char* body, const char* member) {
    const HttpResponse answer = api.Post(path, body);
    EXPECT_EQ(answer.status, 503) << path;
    EXPECT_EQ(FieldOf(answer, "Retry-After"), "1");
    EXPECT_EQ(FieldOf(answer, "retry-after-ms"), "1000");
    EXPECT_EQ(FieldOf(answer, "x-should-retry"), "");
    EXPECT_TRUE(JsonOf(answer).as_object().contains(member)) << answer.body;
  };
  check("/v1/embeddings", R"({"input":"a"})", "error");
  check("/embed", R"({"inputs":"a"})", "error_type");
  check("/v2/embed", R"({"texts":["a"]})", "message");
  check("/api/embed", R"({"input":"a"})", "error");
}

TEST(ClientRules, Rule7APermanentFailureSaysThatItWillBeTheSame) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse answer = api->Post("/rerank", R"({"query":"a","texts":["b"]})");
  EXPECT_EQ(answer.status, 501);
  EXPECT_EQ(FieldOf(answer, "x-should-retry"), "false");
}

TEST(ClientRules, Rule7WrongRequestsAre422ForTeiAnd400Elsewhere) {
  const auto api = ApiUnderTest::WithHashing();
  EXPECT_EQ(api->Post("/embed", R"({"inputs":7})").status, 422);
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":7})").status, 400);
  EXPECT_EQ(api->Post("/v2/embed", R"({"texts":7})").status, 400);
  EXPECT_EQ(api->Post("/api/embed", R"({"input":7})").status, 400);
}

TEST(ClientRules, Rule8UsageCountsTokens) {
  const auto api = ApiUnderTest::WithTiny();
  const std::string text = "the fast car";
  const HttpResponse answer = api->Post("/v1/embeddings", R"({"input":"the fast car"})");
  const auto embeddings = api->service().Embed({std::string_view(text)});
  const uint32_t tokens = embeddings->texts[0].tokens;
  const boost::json::value usage = JsonOf(answer).at("usage");
  EXPECT_GT(tokens, 2U);
  EXPECT_EQ(usage.at("prompt_tokens").to_number<uint32_t>(), tokens);
  EXPECT_EQ(usage.at("total_tokens").to_number<uint32_t>(), tokens);
  EXPECT_EQ(FieldOf(answer, "x-compute-tokens"), std::to_string(tokens));
}

TEST(ClientRules, Rule9PathsWithAndWithoutVersionAndTrailingSlash) {
  const auto api = ApiUnderTest::WithHashing();
  for (const char* path : {"/v1/embeddings", "/embeddings", "/v1/embeddings/", "/embeddings/"}) {
    EXPECT_EQ(api->Post(path, R"({"input":"a"})").status, 200) << path;
  }
  for (const char* path : {"/v1/models", "/models", "/models/", "/v1/models/hash", "/api/tags",
                           "/v1/models/hash:latest", "/api/tags/"}) {
    EXPECT_EQ(api->Get(path).status, 200) << path;
    EXPECT_EQ(api->Send(MakeRequest("HEAD", path)).status, 200) << path;
    const HttpResponse options = api->Send(MakeRequest("OPTIONS", path));
    EXPECT_EQ(options.status, 204) << path;
    EXPECT_EQ(FieldOf(options, "Allow"), "GET, HEAD, OPTIONS") << path;
  }
  EXPECT_EQ(JsonOf(api->Get("/v1/models")).at("data").at(0).at("id"), "hash");
  EXPECT_EQ(JsonOf(api->Get("/api/tags")).at("models").at(0).at("name"), "hash");
}

TEST(ClientRules, APathThatIsNotThereNamesThoseThatAre) {
  const auto api = ApiUnderTest::WithHashing();
  for (const char* path : {"/v1/", "/v1", "/v1/completions"}) {
    for (const HttpResponse& answer : {api->Get(path), api->Post(path, "{}")}) {
      EXPECT_EQ(answer.status, 404) << path;
      EXPECT_THAT(
          std::string(JsonOf(answer).at("error").at("message").as_string()),
          HasSubstr("near it are POST /v1/embeddings, GET /v1/models, GET /v1/models/{id}, and "
                    "/openapi.json"))
          << path;
    }
  }
  EXPECT_THAT(api->Get("/v2/rank").body, HasSubstr("POST /v2/embed"));
  EXPECT_THAT(api->Get("/v1/embedings").body, HasSubstr("did you mean /v1/embeddings?"));
  const HttpResponse far = api->Get("/completely/elsewhere");
  EXPECT_THAT(far.body, Not(HasSubstr("did you mean")));
  EXPECT_THAT(far.body, HasSubstr("/openapi.json lists the routes"));
}

TEST(ClientRules, Rule10HealthMakesARealPass) {
  const auto api = ApiUnderTest::WithHashing();
  const uint64_t before = api->service().metrics().batches;
  EXPECT_EQ(api->Get("/live").status, 200);
  EXPECT_EQ(api->Get("/ready").status, 200);
  EXPECT_EQ(api->service().metrics().batches, before);
  EXPECT_EQ(api->Get("/health").status, 200);
  EXPECT_EQ(api->service().metrics().batches, before + 1);
}

}  // namespace
}  // namespace vetor
