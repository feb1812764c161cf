#include "service/call_choices.h"

#include <fmt/format.h>

#include "base/status_macros.h"

namespace vetor {
namespace {

Result<std::string> ChoosePrompt(const Engine& engine, const EmbedOptions& options) {
  if (options.prompt) return *options.prompt;
  if (!options.prompt_name) return engine.info().default_prompt;
  const auto prompt = engine.info().prompts.find(*options.prompt_name);
  if (prompt != engine.info().prompts.end()) return prompt->second;
  std::string known;
  for (const auto& [name, text] : engine.info().prompts) known += " \"" + name + "\"";
  return InvalidArgumentError(fmt::format("prompt_name \"{}\" is not a prompt of {}, which has{}",
                                          *options.prompt_name, engine.info().model_id,
                                          known.empty() ? " none" : known));
}

// The key includes the prompt's length if that changes the vector: if pooling skips the prompt's
// tokens, and if each window repeats the prompt ("query: " before "race" is not "query: race"). A
// backend that reads text has no maximum, and so no long texts.
std::string KeyMark(const Engine& engine, const CallChoices& choices) {
  const OnLong on_long = engine.reads_text() ? OnLong::kTruncate : choices.on_long;
  std::string mark;
  if (on_long != OnLong::kTruncate) mark = ToString(on_long);
  if (!choices.prompt.empty() && (!engine.info().include_prompt || on_long == OnLong::kWindow)) {
    mark += std::to_string(choices.prompt.size());
  }
  // No valid text begins with 0xFF, so the mark cannot be part of a text.
  return mark.empty() ? mark : "\xFF" + mark + ":";
}

}  // namespace

Result<CallChoices> ChooseForCall(const Engine& engine, OnLong on_long,
                                  const EmbedOptions& options) {
  CallChoices choices{.prompt = {}, .on_long = options.on_long.value_or(on_long), .key_mark = {}};
  VETOR_ASSIGN_OR_RETURN(choices.prompt, ChoosePrompt(engine, options));
  choices.key_mark = KeyMark(engine, choices);
  return choices;
}

CacheKey KeyOfText(const CacheKeyer& keyer, const CallChoices& choices, std::string_view text) {
  if (choices.key_mark.empty()) return keyer.Key(text);
  return keyer.Key(choices.key_mark + std::string(text));
}

}  // namespace vetor
