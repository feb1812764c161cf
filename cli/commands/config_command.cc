// vetor config: prints the schema of the settings file, or checks such a file.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/flags/run_flags.h"
#include "cli/output/json_text.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"
#include "os/log.h"
#include "vetor/config_file.h"
#include "vetor/settings.h"

namespace vetor::cli {
namespace {

constexpr const char* kConfigDescription =
    "Check a config.json, or print the JSON Schema of its section \"ai\".";

constexpr const char* kConfigExamples = R"(Examples:
  vetor config --check config.json
  vetor config --schema > vetor.schema.json

--check ends with exit code 2 if a key of section "ai" has a wrong type or value. It warns of each
unknown key and names the nearest known one.)";

struct ConfigFlags {
  RunFlags run;
  bool schema = false;
  std::string check;
};

Status RunConfig(const ConfigFlags& flags) {
  flags.run.Apply();
  if (flags.schema == !flags.check.empty()) {
    return InvalidArgumentError("config: expected --schema or --check FILE, and not both");
  }
  if (!flags.schema) {
    LoadedConfig loaded;
    VETOR_RETURN_IF_ERROR(ApplyConfigFile(flags.check, &loaded));
    VETOR_RETURN_IF_ERROR(CheckServerConfig(loaded.server).WithContext(flags.check));
    std::string unused = UnusedModelWarning(loaded.config);
    if (!unused.empty()) loaded.warnings.push_back(std::move(unused));
    for (const std::string& warning : loaded.warnings) Log(LogLevel::kWarning, "{}", warning);
    if (!flags.run.quiet) {
      PrintError("{}: valid, {} warning{}\n", flags.check, loaded.warnings.size(),
                 loaded.warnings.size() == 1 ? "" : "s");
    }
    return Status();
  }
  VETOR_ASSIGN_OR_RETURN(const boost::json::value schema, ParseJson(ConfigSchemaJson(), "schema"));
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  VETOR_RETURN_IF_ERROR(output.Write(IndentedJson(schema) + "\n"));
  return output.Commit();
}

}  // namespace

Command MakeConfigCommand(CLI::App* root) {
  auto flags = std::make_shared<ConfigFlags>();
  CLI::App* app = root->add_subcommand("config", kConfigDescription);
  app->footer(kConfigExamples);
  app->add_flag("--schema", flags->schema, "Print the JSON Schema (draft 2020-12).");
  app->add_option("--check,--config", flags->check, "Check section \"ai\" of this file.")
      ->type_name("FILE");
  flags->run.AddLogTo(app);
  return {app, [flags](const CommandContext&) { return RunConfig(*flags); }};
}

}  // namespace vetor::cli
