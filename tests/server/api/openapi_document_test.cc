// /openapi.json describes the routes that are there, and answers keep to it.
#include "server/api/openapi_document.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "server/api/route_table.h"
#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using boost::json::value;
using testing::ApiUnderTest;
using testing::JsonOf;

value Document() {
  return ParseJson(OpenApiDocument({}, TokenIdInput::kRefuse), "the document").value();
}

std::string Lower(std::string_view method) { return method == "GET" ? "get" : "post"; }

const value& Resolved(const value& document, const value& schema) {
  const auto* reference = schema.as_object().if_contains("$ref");
  if (reference == nullptr) return schema;
  return Resolved(document, document.at_pointer(std::string(reference->as_string()).substr(1)));
}

// Whether `found` fits the schema, as far as the document uses JSON Schema.
class Checker {
 public:
  explicit Checker(const value& document) : document_(document) {}

  bool Fits(const value& given, const value& found) const {
    const boost::json::object& schema = Resolved(document_, given).as_object();
    if (const auto* any = schema.if_contains("anyOf")) {
      bool fits = false;
      for (const value& one : any->as_array()) fits = fits || Fits(one, found);
      return fits;
    }
    if (const auto* constant = schema.if_contains("const")) return *constant == found;
    if (const auto* type = schema.if_contains("type"); type != nullptr && !HasType(*type, found)) {
      return false;
    }
    return PropertiesFit(schema, found) && ItemsFit(schema, found);
  }

 private:
  static bool IsOf(std::string_view type, const value& found) {
    if (type == "object") return found.is_object();
    if (type == "array") return found.is_array();
    if (type == "string") return found.is_string();
    if (type == "boolean") return found.is_bool();
    if (type == "null") return found.is_null();
    if (type == "integer") return found.is_int64() || found.is_uint64();
    return found.is_number();
  }
  static bool HasType(const value& type, const value& found) {
    if (type.is_string()) return IsOf(type.get_string(), found);
    bool fits = false;
    for (const value& one : type.as_array()) fits = fits || IsOf(one.as_string(), found);
    return fits;
  }
  bool PropertiesFit(const boost::json::object& schema, const value& found) const {
    if (!found.is_object()) return true;
    if (const auto* required = schema.if_contains("required")) {
      for (const value& name : required->as_array()) {
        if (!found.get_object().contains(name.as_string())) return false;
      }
    }
    const auto* properties = schema.if_contains("properties");
    if (properties == nullptr) return true;
    for (const auto& [name, property] : properties->as_object()) {
      const auto* member = found.get_object().if_contains(name);
      if (member != nullptr && !Fits(property, *member)) return false;
    }
    return true;
  }
  bool ItemsFit(const boost::json::object& schema, const value& found) const {
    const auto* items = schema.if_contains("items");
    if (items == nullptr || !found.is_array()) return true;
    for (const value& item : found.get_array()) {
      if (!Fits(*items, item)) return false;
    }
    return true;
  }

  const value& document_;
};

TEST(OpenApiDocument, ItsPathsAreTheDescribedRoutes) {
  const value document = Document();
  std::set<std::string> described, there;
  for (const auto& [path, methods] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      described.insert(std::string(method) + " " + std::string(path));
    }
  }
  for (const Route& route : Routes()) {
    if (route.described) there.insert(Lower(route.method) + " " + std::string(route.path));
  }
  EXPECT_EQ(described, there);
}

void ExpectFits(const HttpResponse& answer, const char* path, const char* method) {
  const value document = Document();
  const boost::json::object& responses =
      document.at("paths").at(path).at(method).at("responses").as_object();
  const auto* response = responses.if_contains(std::to_string(answer.status));
  if (response == nullptr) response = responses.if_contains("default");
  const value& schema =
      Resolved(document, *response).at("content").at("application/json").at("schema");
  EXPECT_TRUE(Checker(document).Fits(schema, JsonOf(answer))) << path << ": " << answer.body;
}

TEST(OpenApiDocument, AnswersFitIt) {
  const auto api = ApiUnderTest::WithTiny();
  const struct {
    const char* path;
    const char* body;
  } requests[] = {
      {"/", R"({"inputs":"a"})"},
      {"/", R"({"inputs":{"source_sentence":"a","sentences":["b"]}})"},
      {"/v1/embeddings", R"({"input":["a","b"]})"},
      {"/v1/embeddings", R"({"input":"a","encoding_format":"base64"})"},
      {"/embed", R"({"inputs":["a"]})"},
      {"/similarity", R"({"inputs":{"source_sentence":"a","sentences":["b"]}})"},
      {"/tokenize", R"({"inputs":["a b"]})"},
      {"/decode", R"({"ids":[[1,2]]})"},
      {"/v2/embed", R"({"texts":["a"]})"},
      {"/api/embed", R"({"input":"a"})"},
      {"/api/embeddings", R"({"prompt":"a"})"},
      {"/api/show", R"({"model":"tiny"})"},
  };
  for (const auto& [path, body] : requests) {
    const HttpResponse answer = api->Post(path, body);
    EXPECT_EQ(answer.status, 200) << path << answer.body;
    ExpectFits(answer, path, "post");
    for (const char* wrong : {"", "[]", "{", R"({"model":7})", R"({"model":"no such"})"}) {
      const HttpResponse refused = api->Post(path, wrong);
      EXPECT_GE(refused.status, 400) << path << wrong;
      EXPECT_LT(refused.status, 500) << path << wrong;
      ExpectFits(refused, path, "post");
    }
  }
  for (const char* path : {"/live", "/ready", "/health", "/v1/models", "/info", "/api/tags",
                           "/api/version", "/openapi.json"}) {
    ExpectFits(api->Get(path), path, "get");
  }
}

TEST(OpenApiDocument, SaysWhatTheOpenModelsTake) {
  const auto api = ApiUnderTest::WithTiny();
  const value document = JsonOf(api->Get("/openapi.json"));
  const value& properties =
      document.at("components").at("schemas").at("OpenAiRequest").at("properties");
  EXPECT_EQ(properties.at("dimensions").at("maximum"), 32);
  EXPECT_EQ(properties.at("prompt_name").at("enum"),
            (boost::json::array{"passage", "query", nullptr}));
  for (const value& kind : properties.at("input_type").at("enum").as_array()) {
    const boost::json::object body{{"input", "a"}, {"input_type", kind}};
    EXPECT_EQ(api->Post("/v1/embeddings", boost::json::serialize(body)).status, 200) << kind;
  }
}

TEST(OpenApiDocument, TokenIdsAreInItIfTheyAreTaken) {
  ApiOptions options;
  options.config.token_ids = TokenIdInput::kModel;
  const auto takes = ApiUnderTest::WithTiny(options);
  const auto refuses = ApiUnderTest::WithTiny();
  for (const auto& [api, fits] : {std::pair(takes.get(), true), std::pair(refuses.get(), false)}) {
    const value document = JsonOf(api->Get("/openapi.json"));
    const value& input = document.at_pointer("/components/schemas/OpenAiRequest/properties/input");
    const Checker checker(document);
    EXPECT_TRUE(checker.Fits(input, "a"));
    EXPECT_EQ(checker.Fits(input, (boost::json::array{1, 2})), fits);
    EXPECT_EQ(checker.Fits(input, ParseJson("[[1],[]]", "ids").value()), fits);
  }
  const value document = JsonOf(takes->Get("/openapi.json"));
  EXPECT_EQ(document.at_pointer("/components/schemas/TokenId/maximum"),
            takes->service().tokenizer()->id_bound() - 1);
}

TEST(OpenApiDocument, SaysWhichIdsAndWhichAbsentTextsAreTaken) {
  const value document = Document();
  const value& id = document.at("paths").at("/v1/models/{id}").at("get").at("parameters").at(0);
  EXPECT_EQ(id.at("schema").at("pattern"), R"(^[^\u0000-\u001f\u007f-\u009f/]+$)");
  // Ollama's clients load a model by a request without texts.
  const value& input = document.at_pointer(
      "/paths/~1api~1embed/post/requestBody/content/application~1json/schema/properties/input");
  EXPECT_TRUE(Checker(document).Fits(input, nullptr));
  EXPECT_TRUE(Checker(document).Fits(input, "a"));
  EXPECT_FALSE(Checker(document).Fits(input, 7));
}

}  // namespace
}  // namespace vetor
