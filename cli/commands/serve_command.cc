// vetor serve: an HTTP server over one model or several, until a signal stops it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/flags/run_flags.h"
#include "cli/flags/settings_flags.h"
#include "cli/streams/standard_error.h"
#include "os/environment.h"
#include "os/log.h"
#include "vetor/cache.h"
#include "vetor/server.h"

namespace vetor::cli {
namespace {

constexpr const char* kServeDescription =
    "Serve embeddings over HTTP: the routes of OpenAI, text-embeddings-inference, Cohere and "
    "Ollama. Runs until SIGTERM or Ctrl-C, and then answers what is under way.";

constexpr const char* kServeExamples = R"(Examples:
  vetor serve --model models/all-MiniLM-L6-v2
  vetor serve --model minilm=models/all-MiniLM-L6-v2 --model e5=intfloat/multilingual-e5-small
  vetor serve --config config.json --host 0.0.0.0 --api-key-file /etc/vetor/key \
    --tls-cert cert.pem --tls-key key.pem

The first model answers requests that name none. Without --model, and without one in --config,
hashing is served. A second signal ends the server at once; SIGHUP reads the certificate again.
docs/server.md has the routes, with examples.)";

struct ServeFlags {
  SettingsFlags settings;
  RunFlags run;
  const CLI::Option* model = nullptr;
};

// systemd's CacheDirectory= gives a service a folder of its own, and names it here. Of several, the
// first is meant.
LoadedConfig DefaultsOfService() {
  LoadedConfig defaults;
  if (const auto folders = GetEnvironment("CACHE_DIRECTORY")) {
    defaults.config.cache.dir = folders->substr(0, folders->find(':'));
  }
  return defaults;
}

// "minilm=models/all-MiniLM-L6-v2" or the model alone.
Result<ServedModel> ReadModel(const std::string& text, const EmbeddingsConfig& config) {
  ServedModel model{.name = {}, .config = config};
  const size_t end = text.find('=');
  model.config.model.path = end == std::string::npos ? text : text.substr(end + 1);
  if (end != std::string::npos) model.name = text.substr(0, end);
  if (end == 0 || model.config.model.path.empty()) {
    return InvalidArgumentError(fmt::format(
        "--model {}: expected a model's folder or id, or NAME=MODEL; the name ends at the first =",
        text));
  }
  return model;
}

// A cache folder has one writer, so that each further model has a folder in that of the first, with
// its name if a folder can have it and none of the models before has it. `taken` are their folders.
// The vectors of all could lie in one; they are kept apart by their keys.
void SeparateCache(ServedModel* model, std::set<std::string>* taken) {
  CacheConfig& cache = model->config.cache;
  if (!cache.wants_disk()) return;
  const std::filesystem::path dir = LocateCache(cache).dir;
  if (dir.empty()) return;
  std::string name = model->name;
  if (name.empty()) {
    name = (std::filesystem::path(model->config.model.path) / "").parent_path().filename().string();
  }
  std::string folder = "model-" + name;
  for (char& c : folder) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain && c != '-' && c != '_') c = '_';
  }
  if (!taken->insert(folder).second) {
    folder += fmt::format("-{:016x}", Xxh3(model->name + "=" + model->config.model.path));
  }
  cache.dir = (dir / folder).string();
}

Result<std::vector<ServedModel>> ReadModels(const ServeFlags& flags,
                                            const EmbeddingsConfig& config) {
  if (flags.model->count() == 0) return std::vector<ServedModel>{{.name = {}, .config = config}};
  std::vector<ServedModel> models;
  std::set<std::string> names;
  std::set<std::string> cache_folders;
  for (const std::string& text : flags.model->results()) {
    VETOR_ASSIGN_OR_RETURN(ServedModel model, ReadModel(text, config));
    if (!model.name.empty() && !names.insert(model.name).second) {
      return InvalidArgumentError(fmt::format(
          "--model: two models have the name {}; give each a name of its own", model.name));
    }
    if (!models.empty()) SeparateCache(&model, &cache_folders);
    models.push_back(std::move(model));
  }
  return models;
}

// "minilm is all-MiniLM-L6-v2, native (avx512), CPUExecutionProvider, fp32"
std::string DescribeModel(const ServedModelInfo& model) {
  const ServiceInfo& info = model.info;
  std::string text = model.name;
  if (model.name != info.model_id) text += " is " + info.model_id;
  if (!info.fallback_reason.empty()) {
    return text + ", FALLBACK: it runs instead of the model: " + info.fallback_reason;
  }
  if (info.active_backend == "hashing") {
    return text + ", which knows only spelling; --model serves a model";
  }
  for (const std::string* part :
       {&info.active_runtime, &info.active_provider, &info.active_precision}) {
    if (!part->empty()) text += ", " + *part;
  }
  return text;
}

// For people a line of its own; a program that collects JSON lines gets one more of these.
void Say(const std::string& text) {
  if (LogsAsJson()) return Log(LogLevel::kInfo, "{}", text);
  PrintError("vetor serve: {}\n", text);
}

void SayReady(const EmbeddingsServer& server, const std::vector<ServedModelInfo>& models) {
  std::vector<std::string> lines;
  lines.reserve(models.size());
  for (const ServedModelInfo& model : models) lines.push_back(DescribeModel(model));
  Say(fmt::format("ready at {}: {}", server.address(), fmt::join(lines, "; ")));
}

void ReloadCertificates(const ServerConfig& config, EmbeddingsServer* server) {
  if (config.tls_cert.empty()) {
    return Log(LogLevel::kInfo, "SIGHUP: there is no certificate to read again");
  }
  server->ReloadCertificates([](const Status& status) {
    if (status.ok()) {
      Log(LogLevel::kInfo, "SIGHUP: the certificate was read again");
    } else {
      Log(LogLevel::kError, "SIGHUP: {}; the old certificate stays", status.message());
    }
  });
}

// What is wrong before the server listens stays wrong until somebody mends it, and ends the command
// with exit code 2, at which a service manager does not try again. The others may pass.
Status AsLasting(const Status& status) {
  const StatusCode code = status.code();
  const bool lasts = code == StatusCode::kDataLoss || code == StatusCode::kFailedPrecondition;
  return lasts ? InvalidArgumentError(status.message()) : status;
}

void SayStopping(const ServerConfig& config) {
  Say(fmt::format(
      "it stops: it takes no new connections and answers the requests under way, for {} s at most; "
      "a second signal ends it at once",
      config.drain_timeout_s));
}

Status RunServe(const ServeFlags& flags, const CommandContext& context) {
  flags.run.Apply();
  // Otherwise the signal would end a server that is about to start.
  if (context.on_hang_up) {
    context.on_hang_up([] { Log(LogLevel::kInfo, "SIGHUP: the server is only starting"); });
  }
  VETOR_ASSIGN_OR_RETURN(const LoadedConfig loaded, flags.settings.Load(DefaultsOfService()));
  for (const std::string& warning : loaded.warnings) Log(LogLevel::kWarning, "{}", warning);
  VETOR_ASSIGN_OR_RETURN(std::vector<ServedModel> models, ReadModels(flags, loaded.config));
  auto server = EmbeddingsServer::Bind(loaded.server, std::move(models));
  if (!server.ok()) return AsLasting(server.status());
  if (context.on_hang_up) {
    context.on_hang_up([&] { ReloadCertificates(loaded.server, server->get()); });
  }
  const auto on_ready = [&](const std::vector<ServedModelInfo>& open) {
    if (!flags.run.quiet) SayReady(**server, open);
  };
  const std::stop_callback on_stop(context.stop, [&] {
    if (!flags.run.quiet) SayStopping(loaded.server);
  });
  Status done = (*server)->Run(context.stop, on_ready);
  if (context.on_hang_up) context.on_hang_up({});
  return done;
}

}  // namespace

Command MakeServeCommand(CLI::App* root) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* app = root->add_subcommand("serve", kServeDescription);
  app->footer(kServeExamples);
  flags->run.AddLogTo(app);
  flags->settings.AddServerTo(app);
  flags->settings.AddTo(app);
  CLI::Option* model = app->get_option("--model");
  model->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("[NAME=]MODEL")
      ->description(fmt::format("May be given several times. NAME is what requests put into their "
                                "field \"model\"; without it that is the model's own name. {}",
                                model->get_description()));
  flags->model = model;
  return {app, [flags](const CommandContext& context) { return RunServe(*flags, context); }};
}

}  // namespace vetor::cli
