#include "service/call_choices.h"

#include <fmt/format.h>

#include "base/argument_check.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "base/utf8_check.h"

namespace vetor {
namespace {

// Texts are valid, so that the two together are.
Result<std::string> GivenPrompt(const std::string& prompt, bool replace_invalid) {
  const size_t invalid = FindInvalidUtf8(prompt);
  if (invalid == kValidUtf8) return prompt;
  if (replace_invalid) return ReplaceInvalidUtf8(prompt);
  return InvalidUtf8Error("the prompt", prompt, invalid,
                          "convert it to UTF-8, or ask for replacement of invalid bytes by U+FFFD");
}

Result<std::string> ChoosePrompt(const Engine& engine, const EmbedOptions& options) {
  if (options.prompt) return GivenPrompt(*options.prompt, options.replace_invalid_utf8);
  if (!options.prompt_name) return engine.info().default_prompt;
  const auto prompt = engine.info().prompts.find(*options.prompt_name);
  if (prompt != engine.info().prompts.end()) return prompt->second;
  std::string known;
  for (const auto& [name, text] : engine.info().prompts) known += " " + Quoted(name);
  return InvalidArgumentError(fmt::format("prompt_name {} is not a prompt of {}, which has{}",
                                          Quoted(*options.prompt_name), engine.info().model_id,
                                          known.empty() ? " none" : known));
}

// The key includes the prompt's length if that changes the vector: if pooling skips the prompt's
// tokens, and if each window repeats the prompt ("query: " before "race" is not "query: race"). A
// backend that reads text has no maximum, and so no long texts.
std::string KeyMark(const Engine& engine, const CallChoices& choices) {
  const OnLong on_long = engine.reads_text() ? OnLong::kTruncate : choices.on_long;
  std::string mark;
  if (on_long != OnLong::kTruncate) mark = ToString(on_long);
  if (on_long == OnLong::kTruncate && choices.truncation_side) {
    mark = ToString(*choices.truncation_side);
  }
  if (!choices.prompt.empty() && (!engine.info().include_prompt || on_long == OnLong::kWindow)) {
    mark += std::to_string(choices.prompt.size());
  }
  // No valid text begins with 0xFF, so the mark cannot be part of a text.
  return mark.empty() ? mark : "\xFF" + mark + ":";
}

}  // namespace

Result<CallChoices> ChooseForCall(const Engine& engine, OnLong on_long,
                                  const EmbedOptions& options) {
  if (options.on_long) VETOR_RETURN_IF_ERROR(CheckChoice(*options.on_long, "on_long"));
  if (options.truncation_side) {
    VETOR_RETURN_IF_ERROR(CheckChoice(*options.truncation_side, "truncation_side"));
  }
  VETOR_RETURN_IF_ERROR(CheckChoice(options.when_full, "when_full"));
  CallChoices choices{.prompt = {}, .on_long = options.on_long.value_or(on_long), .key_mark = {}};
  // The tokenizer's own side gives the vectors, and so the keys, of a call that names none.
  if (!engine.reads_text() && options.truncation_side != engine.truncation_side()) {
    choices.truncation_side = options.truncation_side;
  }
  VETOR_ASSIGN_OR_RETURN(choices.prompt, ChoosePrompt(engine, options));
  choices.key_mark = KeyMark(engine, choices);
  return choices;
}

CacheKey KeyOfText(const CacheKeyer& keyer, const CallChoices& choices, std::string_view text) {
  if (choices.key_mark.empty()) return keyer.Key(text);
  return keyer.Key(choices.key_mark + std::string(text));
}

}  // namespace vetor
