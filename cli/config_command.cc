// vetor config: the settings file's schema, and a check of one.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <memory>

#include "base/log.h"
#include "base/status_macros.h"
#include "cli/byte_stream.h"
#include "cli/command.h"
#include "cli/run_flags.h"
#include "config/config_file.h"

namespace vetor::cli {
namespace {

constexpr const char* kDescription =
    "Check a config.json, or print the JSON Schema of its section \"ai\".";

constexpr const char* kExamples = R"(Examples:
  vetor config --check config.json
  vetor config --schema > vetor.schema.json

--check ends with exit code 2 if a key of section "ai" has a wrong type or value, and warns of
keys it does not know, with the nearest one that it does.)";

struct ConfigFlags {
  RunFlags run;
  bool schema = false;
  std::string check;
};

// Boost.JSON writes on one line only. Depth is that of our own schema.
void AppendPretty(const boost::json::value& value, int indent, std::string* out) {
  const std::string inner(static_cast<size_t>(indent) + 2, ' ');
  const std::string outer(static_cast<size_t>(indent), ' ');
  const auto* object = value.if_object();
  if (object == nullptr || object->empty()) {
    *out += boost::json::serialize(value);
    return;
  }
  *out += "{\n";
  for (const auto& member : *object) {
    *out += inner + boost::json::serialize(member.key()) + ": ";
    AppendPretty(member.value(), indent + 2, out);
    *out += &member == object->end() - 1 ? "\n" : ",\n";
  }
  *out += outer + "}";
}

Status RunConfig(const ConfigFlags& flags) {
  flags.run.Apply();
  if (flags.schema == !flags.check.empty()) {
    return InvalidArgumentError("config: expected --schema or --check FILE, and not both");
  }
  if (!flags.schema) {
    LoadedConfig loaded;
    VETOR_RETURN_IF_ERROR(ApplyConfigFile(flags.check, &loaded));
    for (const std::string& warning : loaded.warnings) Log(LogLevel::kWarning, "{}", warning);
    if (!flags.run.quiet) {
      fmt::print(stderr, "{}: valid, {} warning{}\n", flags.check, loaded.warnings.size(),
                 loaded.warnings.size() == 1 ? "" : "s");
    }
    return Status();
  }
  std::string text;
  AppendPretty(ConfigSchema(), 0, &text);
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  VETOR_RETURN_IF_ERROR(output.Write(text + "\n"));
  return output.Commit();
}

}  // namespace

Command MakeConfigCommand(CLI::App* root) {
  auto flags = std::make_shared<ConfigFlags>();
  CLI::App* app = root->add_subcommand("config", kDescription);
  app->footer(kExamples);
  app->add_flag("--schema", flags->schema, "Print the JSON Schema (draft 2020-12).");
  app->add_option("--check,--config", flags->check, "Check this file.")->type_name("FILE");
  flags->run.AddLogTo(app);
  return {app, [flags](const CommandContext&) { return RunConfig(*flags); }};
}

}  // namespace vetor::cli
