#include "server/api/openapi_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "server/api/embed_request.h"
#include "server/api/error_shape.h"

namespace vetor {
namespace {

constexpr std::string_view kStart =
    R"({"openapi":"3.1.0","info":{"title":"vetor","version":")" VETOR_VERSION R"(",)"
    R"("description":"Texts in, vectors out: the APIs of OpenAI, text-embeddings-inference, )"
    R"(Cohere and Ollama, as far as they concern embeddings. Fields that are null are absent; )"
    R"(unknown fields are ignored."},"security":[{},{"key":[]},{"plainKey":[]}],)";

constexpr std::string_view kOperationPaths = R"JSON(
"/":{
 "get":{"summary":"The page","security":[{}],
   "responses":{"200":{"description":"The page, or a line of text in a build without it",
  "content":{"text/html":{"schema":{"type":"string"}},
    "text/html; charset=utf-8":{"schema":{"type":"string"}},
   "text/plain; charset=utf-8":{"schema":{"type":"string"}}}},
     "default":{"$ref":"#/components/responses/PlainError"}}},
 "post":{"summary":"/embed or /similarity, by the shape of inputs","requestBody":{"required":true,
   "content":{"application/json":{
  "schema":{"anyOf":[{"$ref":"#/components/schemas/TeiEmbedRequest"},
    {"$ref":"#/components/schemas/TeiSimilarityRequest"}]}}}},
  "responses":{"200":{"description":"Vectors or cosines",
    "content":{"application/json":{"schema":{"anyOf":[
   {"$ref":"#/components/schemas/Vectors"},{"$ref":"#/components/schemas/Numbers"},
     {"$ref":"#/components/schemas/Base64Vectors"}]}},
   "application/octet-stream":{"schema":{}}}},
     "default":{"$ref":"#/components/responses/TeiError"}}}},
"/live":{"get":{"summary":"Whether the process answers","security":[{}],
  "responses":{"200":{"$ref":"#/components/responses/State"},
 "default":{"$ref":"#/components/responses/PlainError"}}}},
"/ready":{"get":{"summary":"Whether the models are open and the server does not stop",
  "security":[{}],
 "responses":{"200":{"$ref":"#/components/responses/State"},
   "default":{"$ref":"#/components/responses/PlainError"}}}},
"/health":{"get":{"summary":"Whether each model computes","security":[{}],"responses":{
 "200":{"$ref":"#/components/responses/State"},
   "default":{"$ref":"#/components/responses/PlainError"}}}},
"/metrics":{"get":{"summary":"Prometheus metrics",
  "responses":{"200":{"description":"Text of Prometheus",
 "content":{"text/plain; version=0.0.4; charset=utf-8":{"schema":{"type":"string"}}}},
 "default":{"$ref":"#/components/responses/PlainError"}}}},
"/openapi.json":{"get":{"summary":"This document","responses":{"200":{"description":"OpenAPI 3.1",
 "content":{"application/json":{"schema":{"type":"object"}}}},
   "default":{"$ref":"#/components/responses/PlainError"}}}},)JSON";

constexpr std::string_view kOpenAiPaths = R"JSON(
"/v1/embeddings":{"post":{"summary":"Vectors, as OpenAI gives them",
  "requestBody":{"required":true,"content":{"application/json":{
 "schema":{"$ref":"#/components/schemas/OpenAiRequest"}}}},
   "responses":{"200":{"description":"Vectors",
 "content":{"application/json":{"schema":{"$ref":"#/components/schemas/OpenAiVectors"}},
   "application/octet-stream":{"schema":{}}}},
 "default":{"$ref":"#/components/responses/OpenAiError"}}}},
"/v1/models":{"get":{"summary":"The models","responses":{"200":{"description":"A list",
  "content":{"application/json":{"schema":{
 "type":"object","required":["object","data"],"properties":{"object":{"const":"list"},
 "data":{"type":"array","items":{"$ref":"#/components/schemas/OpenAiModel"}}}}}}},
 "default":{"$ref":"#/components/responses/OpenAiError"}}}},
"/v1/models/{id}":{"get":{"summary":"One model","parameters":[{"name":"id","in":"path",
  "required":true,"schema":{"type":"string","minLength":1,
   "pattern":"^[^\\u0000-\\u001f\\u007f-\\u009f/]+$"}}],
 "responses":{"200":{"description":"The model",
   "content":{"application/json":{"schema":{"$ref":"#/components/schemas/OpenAiModel"}}}},
 "default":{"$ref":"#/components/responses/OpenAiError"}}}},)JSON";

constexpr std::string_view kTeiPaths = R"JSON(
"/embed":{"post":{"summary":"Vectors, as text-embeddings-inference gives them",
  "requestBody":{"required":true,"content":{
 "application/json":{"schema":{"$ref":"#/components/schemas/TeiEmbedRequest"}}}},
   "responses":{"200":{"description":"A list of vectors",
 "content":{"application/json":{"schema":{"anyOf":[{"$ref":"#/components/schemas/Vectors"},
   {"$ref":"#/components/schemas/Base64Vectors"}]}},
 "application/octet-stream":{"schema":{}}}},"default":{"$ref":"#/components/responses/TeiError"}}}},
"/similarity":{"post":{"summary":"Cosines of one text with others","requestBody":{"required":true,
  "content":{"application/json":{
 "schema":{"$ref":"#/components/schemas/TeiSimilarityRequest"}}}},
   "responses":{"200":{"description":"A cosine per sentence",
 "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Numbers"}}}},
 "default":{"$ref":"#/components/responses/TeiError"}}}},
"/tokenize":{"post":{"summary":"The tokens of each text, with their places in characters",
  "requestBody":{"required":true,"content":{
 "application/json":{"schema":{"type":"object","required":["inputs"],
   "properties":{"inputs":{"$ref":"#/components/schemas/Texts"},
 "add_special_tokens":{"type":["boolean","null"]},"prompt_name":@PROMPT@,
   "model":{"type":["string","null"]}}}}}},
 "responses":{"200":{"description":"Tokens",
   "content":{"application/json":{"schema":{"type":"array","items":{"type":"array",
 "items":{"$ref":"#/components/schemas/Token"}}}}}},
   "default":{"$ref":"#/components/responses/TeiError"}}}},
"/decode":{"post":{"summary":"The text of token ids","requestBody":{"required":true,"content":{
 "application/json":{"schema":{"type":"object","required":["ids"],
   "properties":{"ids":{"$ref":"#/components/schemas/TokenIds"},
 "skip_special_tokens":{"type":["boolean","null"]},"model":{"type":["string","null"]}}}}}},
 "responses":{"200":{"description":"A text per list of ids",
   "content":{"application/json":{"schema":{"type":"array","items":{"type":"string"}}}}},
   "default":{"$ref":"#/components/responses/TeiError"}}}},
"/info":{"get":{"summary":"The first model and its limits",
  "responses":{"200":{"description":"Limits","content":{"application/json":{
 "schema":{"type":"object","required":["model_id","max_input_length","max_client_batch_size",
   "version"],"properties":{
 "model_id":{"type":"string"},"max_input_length":{"type":"integer"},
   "max_client_batch_size":{"type":"integer"},
 "version":{"type":"string"}}}}}},"default":{"$ref":"#/components/responses/TeiError"}}}},)JSON";

constexpr std::string_view kCoherePaths = R"JSON(
"/v2/embed":{"post":{"summary":"Vectors by type, as Cohere gives them",
  "requestBody":{"required":true,"content":{"application/json":{
 "schema":{"$ref":"#/components/schemas/CohereRequest"}}}},
   "responses":{"200":{"description":"Vectors by type",
 "content":{"application/json":{"schema":{"$ref":"#/components/schemas/CohereVectors"}},
   "application/octet-stream":{"schema":{}}}},
 "default":{"$ref":"#/components/responses/CohereError"}}}},)JSON";

constexpr std::string_view kOllamaPaths = R"JSON(
"/api/embed":{"post":{"summary":"Vectors, as Ollama gives them","requestBody":{"required":true,
  "content":{"application/json":{
 "schema":{"type":"object","properties":{"model":{"type":["string","null"]},
   "input":{"anyOf":[{"$ref":"#/components/schemas/Texts"},{"type":"null"}]},
 "truncate":{"type":["boolean","null"]},
 "dimensions":{"type":["integer","null"],"minimum":1@DIM@}}}}}},
 "responses":{"200":{"description":"Vectors",
   "content":{"application/json":{"schema":{"type":"object",
 "required":["model","embeddings","total_duration","load_duration","prompt_eval_count"],
   "properties":{"model":{"type":"string"},
 "embeddings":{"$ref":"#/components/schemas/Vectors"},"total_duration":{"type":"integer"},
   "load_duration":{"type":"integer"},
 "prompt_eval_count":{"type":"integer"}}}},"application/octet-stream":{"schema":{}}}},
 "default":{"$ref":"#/components/responses/OllamaError"}}}},
"/api/embeddings":{"post":{"summary":"One vector, as Ollama gave it before",
  "requestBody":{"required":true,"content":{
 "application/json":{"schema":{"type":"object","required":["prompt"],
   "properties":{"model":{"type":["string","null"]},
 "prompt":{"type":"string"}}}}}},"responses":{"200":{"description":"The vector",
   "content":{"application/json":{"schema":{"type":"object",
 "required":["embedding"],"properties":{"embedding":{"$ref":"#/components/schemas/Numbers"}}}},
   "application/octet-stream":{"schema":{}}}},
 "default":{"$ref":"#/components/responses/OllamaError"}}}},
"/api/tags":{"get":{"summary":"The models","responses":{"200":{"description":"A list",
  "content":{"application/json":{"schema":{
 "type":"object","required":["models"],"properties":{"models":{"type":"array",
   "items":{"type":"object","required":["name","model"]}}}}}}},
 "default":{"$ref":"#/components/responses/OllamaError"}}}},
"/api/version":{"get":{"summary":"The version of vetor",
  "responses":{"200":{"description":"The version","content":{"application/json":{
 "schema":{"type":"object","required":["version"],"properties":{"version":{"type":"string"}}}}}},
 "default":{"$ref":"#/components/responses/OllamaError"}}}},
"/api/show":{"post":{"summary":"One model","requestBody":{"required":true,
  "content":{"application/json":{"schema":{"type":"object",
 "properties":{"model":{"type":["string","null"]}}}}}},
   "responses":{"200":{"description":"The model","content":{"application/json":{
 "schema":{"type":"object","required":["details","model_info","capabilities"]}}}},
 "default":{"$ref":"#/components/responses/OllamaError"}}}})JSON";

constexpr std::string_view kRequests = R"JSON(
"Texts":{"anyOf":[{"type":"string"},{"type":"array","minItems":1,"items":{"type":"string"}}]},
"TokenIds":{"anyOf":[{"type":"array","minItems":1,"items":{"$ref":"#/components/schemas/TokenId"}},
 {"type":"array","minItems":1,
   "items":{"type":"array","items":{"$ref":"#/components/schemas/TokenId"}}}]},
"TokenId":{"type":"integer","minimum":0@ID@},
"OpenAiRequest":{"type":"object","required":["input"],
  "properties":{"input":@INPUT@,
 "model":{"type":["string","null"]},"encoding_format":{"enum":["float","base64",null]},
 "dimensions":{"type":["integer","null"],"minimum":1@DIM@},"user":{},
 "input_type":@KIND@,"task":@KIND@,
   "prompt_name":@PROMPT@,
 "truncate":{"type":["boolean","null"]},
 "truncation_direction":{"enum":["Left","Right","left","right",null]}}},
"TeiEmbedRequest":{"type":"object","required":["inputs"],
  "properties":{"inputs":{"$ref":"#/components/schemas/Texts"},
 "model":{"type":["string","null"]},"normalize":@NORMALIZE@,
   "truncate":{"type":["boolean","null"]},
 "truncation_direction":{"enum":["Left","Right","left","right",null]},
   "prompt_name":@PROMPT@,
 "dimensions":{"type":["integer","null"],"minimum":1@DIM@},
 "encoding_format":{"enum":["float","base64",
   null]}}},
"TeiSimilarityRequest":{"type":"object","required":["inputs"],
  "properties":{"inputs":{"type":"object",
 "required":["source_sentence","sentences"],"properties":{"source_sentence":{"type":"string"},
 "sentences":{"$ref":"#/components/schemas/Texts"}}},"parameters":{"type":["object","null"]}}},
"CohereRequest":{"type":"object","required":["texts"],"properties":{"model":{"type":["string",
  "null"]},
 "texts":{"$ref":"#/components/schemas/Texts"},"input_type":@KIND@,
 "output_dimension":{"type":["integer","null"],"minimum":1@DIM@},"truncate":{"enum":["NONE","START",
   "END",null]},
 "embedding_types":{"type":["array","null"],"minItems":1,
 "items":{"enum":@TYPES@}}}},)JSON";

constexpr std::string_view kAnswers = R"JSON(
"Numbers":{"type":"array","items":{"type":"number"}},
"Vectors":{"type":"array","items":{"$ref":"#/components/schemas/Numbers"}},
"Base64Vectors":{"type":"array","items":{"type":"string"}},
"Token":{"type":"object","required":["id","text","special","start","stop"],
  "properties":{"id":{"type":"integer"},
 "text":{"type":"string"},"special":{"type":"boolean"},"start":{"type":["integer","null"]},
   "stop":{"type":["integer","null"]}}},
"OpenAiModel":{"type":"object","required":["id","object","created","owned_by"],
  "properties":{"id":{"type":"string"},
 "object":{"const":"model"},"created":{"type":"integer"},"owned_by":{"type":"string"}}},
"OpenAiVectors":{"type":"object","required":["object","data","model","usage"],
  "properties":{"object":{"const":"list"},
 "model":{"type":"string"},"data":{"type":"array","items":{"type":"object","required":["object",
   "index","embedding"],"properties":{
 "object":{"const":"embedding"},"index":{"type":"integer"},
   "embedding":{"anyOf":[{"$ref":"#/components/schemas/Numbers"},
 {"type":"string"}]}}}},"usage":{"type":"object","required":["prompt_tokens","total_tokens"],
   "properties":{
 "prompt_tokens":{"type":"integer"},"total_tokens":{"type":"integer"}}}}},
"CohereVectors":{"type":"object","required":["id","embeddings","texts","meta","response_type"],
  "properties":{"id":{"type":"string"},
 "embeddings":{"type":"object"},"texts":{"type":"array","items":{"type":"string"}},
   "meta":{"type":"object"},
 "response_type":{"const":"embeddings_by_type"}}}},)JSON";

constexpr std::string_view kErrors = R"JSON("responses":{
"State":{"description":"It is so","content":{"application/json":{"schema":{"type":"object",
  "required":["status"],"properties":{
 "status":{"type":"string"}}}}}},
"PlainError":{"description":"An error","content":{"application/json":{"schema":{"type":"object",
  "required":["error"],"properties":{
 "error":{"type":"string"}}}}}},
"OpenAiError":{"description":"An error","content":{"application/json":{"schema":{"type":"object",
  "required":["error"],"properties":{
 "error":{"type":"object","required":["message","type","param","code"],
   "properties":{"message":{"type":"string"},
 "type":{"type":"string"},"param":{"type":["string","null"]},"code":{"type":["string",
   "null"]}}}}}}}},
"TeiError":{"description":"An error","content":{"application/json":{"schema":{"type":"object",
  "required":["error","error_type"],
 "properties":{"error":{"type":"string"},"error_type":{"type":"string"}}}}}},
"CohereError":{"description":"An error","content":{"application/json":{"schema":{"type":"object",
  "required":["message"],"properties":{
 "message":{"type":"string"}}}}}},
"OllamaError":{"$ref":"#/components/responses/PlainError"}},
"securitySchemes":{"key":{"type":"http","scheme":"bearer"},"plainKey":{"type":"apiKey",
  "in":"header","name":"x-api-key"}}}})JSON";

std::string Assemble() {
  std::string document;
  document.append(kStart).append(R"("paths":{)");
  for (const std::string_view part :
       {kOperationPaths, kOpenAiPaths, kTeiPaths, kCoherePaths, kOllamaPaths}) {
    document += part;
  }
  document.append(R"(},"components":{"schemas":{)").append(kRequests).append(kAnswers);
  return document.append(kErrors);
}

void Fill(std::string_view mark, std::string_view text, std::string* document) {
  for (size_t at = document->find(mark); at != std::string::npos; at = document->find(mark, at)) {
    document->replace(at, mark.size(), text);
    at += text.size();
  }
}

// A schema of these names and null.
std::string OneOf(const std::set<std::string>& names) {
  std::string schema = R"({"enum":[)";
  for (const std::string& name : names) schema += JsonString(name) + ",";
  return schema + "null]}";
}

// What the open models take, all together: a request to one of them may be refused all the same.
struct Takes {
  size_t dim = 0;
  int64_t ids = 0;        ///< One more than the largest token id.
  bool unscaled = false;  ///< "normalize" may be false.
  bool small = false;     ///< int8 and uint8.
  std::set<std::string> prompts, kinds;
};

Takes WhatModelsTake(std::span<const ServedEntry* const> entries) {
  Takes takes;
  for (const ServedEntry* entry : entries) {
    const ServiceInfo& info = entry->service().info();
    takes.dim = std::max(takes.dim, info.dim);
    const Tokenizer* tokenizer = entry->model.tokenizer;
    if (tokenizer != nullptr) takes.ids = std::max(takes.ids, tokenizer->id_bound());
    takes.unscaled = takes.unscaled || !info.normalized || info.normalized_by_model;
    takes.small = takes.small || !info.component_ranges.least.empty();
    for (const auto& [name, text] : info.prompts) takes.prompts.insert(name);
  }
  takes.kinds = takes.prompts;
  for (const std::string_view kind : KnownKinds()) takes.kinds.emplace(kind);
  return takes;
}

}  // namespace

std::string OpenApiDocument(std::span<const ServedEntry* const> entries, TokenIdInput token_ids) {
  const Takes takes = WhatModelsTake(entries);
  std::string document = Assemble();
  Fill("@DIM@", takes.dim > 0 ? fmt::format(R"(,"maximum":{})", takes.dim) : "", &document);
  constexpr std::string_view kTexts = R"({"$ref":"#/components/schemas/Texts"})";
  constexpr std::string_view kTextsOrIds =
      R"({"anyOf":[{"$ref":"#/components/schemas/Texts"},)"
      R"({"$ref":"#/components/schemas/TokenIds"}],"description":"Ids are taken if they are )"
      R"(exactly those that the model's tokenizer gives for a text, special tokens included."})";
  Fill("@INPUT@", token_ids == TokenIdInput::kModel ? kTextsOrIds : kTexts, &document);
  Fill("@ID@", takes.ids > 0 ? fmt::format(R"(,"maximum":{})", takes.ids - 1) : "", &document);
  Fill("@PROMPT@", OneOf(takes.prompts), &document);
  Fill("@KIND@", OneOf(takes.kinds), &document);
  Fill("@NORMALIZE@", takes.unscaled ? R"({"type":["boolean","null"]})" : R"({"enum":[true,null]})",
       &document);
  Fill("@TYPES@",
       takes.small ? R"(["float","int8","uint8","binary","ubinary","base64"])"
                   : R"(["float","binary","ubinary","base64"])",
       &document);
  return document;
}

}  // namespace vetor
