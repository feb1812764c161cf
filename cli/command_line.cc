#include "cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "base/exceptions.h"
#include "base/nearest_name.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "cli/flags/one_of.h"
#include "cli/flags/settings_flags.h"
#include "cli/help_format.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"
#include "os/environment.h"
#include "os/log.h"
#include "vetor/status.h"

namespace vetor::cli {
namespace {

constexpr int kUsageExitCode = 2;

constexpr const char* kDescription =
    "vetor turns text into vectors on your own machine, and finds what is close.";

constexpr const char* kFooter = R"(Each command explains itself: vetor embed --help
Results go to standard output, everything else to standard error; "-" is standard input or output.
Settings come from flags, then the environment, then --config FILE.
Exit codes: 0 done, 1 the work failed, 2 usage or configuration.)";

// The innermost subcommand that the user chose: `stats` for "vetor cache stats"; null if none was.
const CLI::App* ChosenCommand(const CLI::App& root) {
  const CLI::App* command = &root;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return command == &root ? nullptr : command;
}

// "vetor cache stats"
std::string FullName(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : FullName(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

std::vector<std::string> CommandNames(const CLI::App& root) {
  std::vector<std::string> names;
  for (const CLI::App* command : root.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// Says which argument is missing, with the text of its help: "vetor pull needs ID, the model:
// org/name".
std::string MissingMessage(const CLI::App& app, const CLI::ParseError& error) {
  if (app.get_require_subcommand_min() > 0 && app.get_subcommands().empty()) {
    return fmt::format("{} needs one of {}", FullName(app), JoinWithOr(CommandNames(app)));
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    std::string name = option->get_type_name();
    if (!option->get_positional()) name = option->get_name() + " " + name;
    std::string words = option->get_description();
    if (words.starts_with("The ")) words.front() = 't';
    if (words.ends_with('.')) words.pop_back();
    return fmt::format("{} needs {}, {}", FullName(app), name, words);
  }
  return error.what();
}

// How often a flag was given its value: CLI11's own words are "1 required PATH missing".
std::string CountMessage(const CLI::App& app, const CLI::ParseError& error) {
  std::string words = error.what();
  const std::string name = words.substr(0, words.find(':'));
  const CLI::Option* option = name.empty() ? nullptr : app.get_option_no_throw(name);
  if (option == nullptr) return words;
  if (words.ends_with("missing")) {
    return fmt::format("{} needs a value: {} {}", name, name, option->get_type_name());
  }
  const size_t count = option->count();
  return count > 1 ? fmt::format("{} was given {} times; give it once", name, count) : words;
}

// The message of a usage error. An unknown flag is named first, because it often explains a missing
// one.
std::string UsageMessage(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App* command = ChosenCommand(root);
  const CLI::App& app = command != nullptr ? *command : root;
  const std::vector<std::string> unknown = app.remaining();
  const bool missing = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  const bool counted = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch);
  if (unknown.empty() && counted) return CountMessage(app, error);
  if (unknown.empty()) return missing ? MissingMessage(app, error) : error.what();
  const std::string name = unknown.front().substr(0, unknown.front().find('='));
  if (name.starts_with("-")) {
    return fmt::format("there is no flag {}{}", name, Suggest(name, FlagsOf(app)));
  }
  if (!app.get_subcommands({}).empty()) {
    return fmt::format("there is no command {}{}", name, Suggest(name, CommandNames(app)));
  }
  const std::vector<std::string> flags = FlagsOf(app);
  const bool reads = std::ranges::find(flags, "--input") != flags.end();
  return fmt::format("{} is not expected here; values follow a flag, as {} {}", name,
                     reads ? "--input" : "--model", name);
}

int ReportUsage(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App* command = ChosenCommand(root);
  const std::string help = FullName(command != nullptr ? *command : root);
  PrintError("vetor: {}\nSee {} --help.\n", UsageMessage(root, error), help);
  return kUsageExitCode;
}

// --help and --version print results, so a standard output that fails is an error.
Status WriteAnswer(const std::string& text) {
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  VETOR_RETURN_IF_ERROR(output.Write(text));
  return output.Commit();
}

// With an unknown level or form, the lines that the user asked for would not appear.
Status CheckLogVariables() {
  const std::optional<std::string> level = GetEnvironment("VETOR_LOG");
  LogLevel parsed{};
  if (level && !ParseLogLevel(*level, &parsed)) {
    return InvalidArgumentError(fmt::format(
        "VETOR_LOG: {} is not one of debug, info, warning, error, off", Quoted(*level)));
  }
  const std::optional<std::string> format = GetEnvironment("VETOR_LOG_FORMAT");
  if (format && *format != "text" && *format != "json") {
    return InvalidArgumentError(
        fmt::format("VETOR_LOG_FORMAT: {} is not one of text, json", Quoted(*format)));
  }
  return Status();
}

// "--cache-dir=" gives a flag the empty value, as "--cache-dir ''" does; CLI11 takes only the
// latter.
std::vector<const char*> SplitEmptyValues(std::span<const char* const> arguments,
                                          std::list<std::string>* names) {
  std::vector<const char*> split;
  for (const char* argument : arguments) {
    const std::string_view text = argument;
    if (text.size() > 3 && text.starts_with("--") && text.find('=') == text.size() - 1) {
      split.push_back(names->emplace_back(text.substr(0, text.size() - 1)).c_str());
      argument = "";
    }
    split.push_back(argument);
  }
  return split;
}

// While it lives, log lines name the flags of `command`, as its errors do. One at a time.
class LogInWordsOf {
 public:
  explicit LogInWordsOf(const CLI::App* command) {
    Running() = command;
    SetLogWording([](std::string message) { return NameFlags(std::move(message), *Running()); });
  }
  ~LogInWordsOf() { SetLogWording(nullptr); }
  LogInWordsOf(const LogInWordsOf&) = delete;
  LogInWordsOf& operator=(const LogInWordsOf&) = delete;

 private:
  // A log line may come from any thread.
  static std::atomic<const CLI::App*>& Running() {
    static std::atomic<const CLI::App*> running = nullptr;
    return running;
  }
};

int Report(const Status& status, const std::string& name, const CLI::App& command) {
  // In `vetor embed | head` the reader has what it wanted: its closed pipe is not an error.
  if (status.ok() || OutputStream::reader_gone()) return 0;
  PrintError("vetor {}: {}\n", name, NameFlags(status.message(), command));
  return DescribeStatusCode(status.code()).exit_code;
}

}  // namespace

std::string Suggest(const std::string& unknown, const std::vector<std::string>& known) {
  const std::string nearest = NearestName(unknown, known);
  return IsNear(unknown, nearest) ? fmt::format("; did you mean {}?", nearest) : "";
}

std::vector<Command> MakeCommands(CLI::App* root) {
  root->description(kDescription);
  root->footer(kFooter);
  root->formatter(std::make_shared<HelpFormat>());
  root->set_help_flag("--help,-h", "Print this help.");
  root->set_version_flag("--version", "vetor " VETOR_VERSION, "Print the version.");
  root->require_subcommand(1);
  return {MakeEmbedCommand(root),  MakeTokenizeCommand(root), MakeSearchCommand(root),
          MakeDedupeCommand(root), MakeConfigCommand(root),   MakeCacheCommand(root),
          MakeDoctorCommand(root), MakeExportCommand(root),   MakePullCommand(root),
          MakeBenchCommand(root),  MakeServeCommand(root)};
}

int RunCommandLine(std::span<const char* const> arguments, const CommandContext& context) {
  CLI::App root("", "vetor");
  const std::vector<Command> commands = MakeCommands(&root);
  if (arguments.size() < 2) {
    PrintError("{}", root.help());
    return kUsageExitCode;
  }
  try {
    std::list<std::string> names;
    const std::vector<const char*> split = SplitEmptyValues(arguments, &names);
    root.parse(static_cast<int>(split.size()), split.data());
  } catch (const CLI::Success& asked) {  // --help, --version
    std::ostringstream answer;
    root.exit(asked, answer, answer);
    const bool version = dynamic_cast<const CLI::CallForVersion*>(&asked) != nullptr;
    return Report(WriteAnswer(answer.str()), version ? "--version" : "--help", root);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(root, error);
  }
  const auto chosen = std::find_if(commands.begin(), commands.end(),
                                   [](const Command& command) { return command.app->parsed(); });
  const LogInWordsOf words(chosen->app);
  const Status status = CatchExceptions([&]() -> Status {
    VETOR_RETURN_IF_ERROR(CheckLogVariables());
    return chosen->run(context);
  });
  return Report(status, chosen->app->get_name(), *chosen->app);
}

}  // namespace vetor::cli
