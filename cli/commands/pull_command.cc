// vetor pull: fetches a model from a hub into the cache that it shares with other programs.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counted.h"
#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/flags/run_flags.h"
#include "cli/output/progress.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"
#include "vetor/pull.h"

namespace vetor::cli {
namespace {

constexpr const char* kPullDescription =
    "Fetch a model from a hub, or the files of it that changed.";

constexpr const char* kPullExamples = R"(Examples:
  vetor pull sentence-transformers/all-MiniLM-L6-v2
  vetor embed --model sentence-transformers/all-MiniLM-L6-v2 --input texts.txt
  vetor pull intfloat/multilingual-e5-small --weights

pull prints the model's folder in the hub cache, which the Python packages share. It fetches what
vetor needs: configuration, tokenizer and the ONNX graph; the weights, for vetor export, if there is
no graph or with --weights. Files that an interrupted pull has fetched are kept. If the hub gives no
answer and every file is in the cache, the copy there is used, with a warning.
The environment variables are those of the Python packages: HF_ENDPOINT, HF_TOKEN, HF_HOME,
HF_HUB_CACHE, HF_HUB_OFFLINE, HF_HUB_DISABLE_SYMLINKS, HF_HUB_ETAG_TIMEOUT,
HF_HUB_DOWNLOAD_TIMEOUT.)";

struct PullFlags {
  RunFlags run;
  std::string id;
  std::string revision = "main";
  std::vector<std::string> include;
  bool weights = false;
};

// Printed with --quiet, too, because the copy may differ from what the hub has now.
void WarnUnreached(const PulledModel& model, const std::string& id) {
  if (model.unreached.ok()) return;
  PrintError("vetor pull: warning: {}; the copy of {} in the cache is used, commit {}\n",
             model.unreached.message(), id, model.commit);
}

void Say(const PulledModel& model, const std::string& id, double seconds) {
  if (!model.unreached.ok()) return;
  if (model.fetched_bytes == 0) {
    PrintError("{}: {}, all here, commit {}\n", id, Counted(model.files.size(), "file"),
               model.commit);
  } else {
    PrintError("{}: {}, {} fetched in {:.1f} s, commit {}\n", id,
               Counted(model.files.size(), "file"), Counted(model.fetched_bytes, "byte"), seconds,
               model.commit);
  }
  if (!model.has_graph) {
    PrintError("It has no ONNX graph; next: vetor export {} --output DIR\n", id);
  }
}

Status Run(const PullFlags& flags, const CommandContext& context) {
  using Clock = std::chrono::steady_clock;
  std::optional<Progress> progress(std::in_place, "pulling", Progress::ChooseForm(flags.run.quiet),
                                   "kB");
  PullOptions options{.id = flags.id,
                      .revision = flags.revision,
                      .weights = flags.weights,
                      .include = flags.include,
                      .stop = context.stop};
  options.progress = [&](uint64_t done, uint64_t total) {
    const double fraction = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    progress->Update(done / 1000, fraction);
  };
  const Clock::time_point start = Clock::now();
  const Result<PulledModel> model = PullModel(options);
  progress.reset();
  if (!model.ok()) return model.status();
  const std::chrono::duration<double> seconds = Clock::now() - start;
  WarnUnreached(*model, flags.id);
  if (!flags.run.quiet) Say(*model, flags.id, seconds.count());
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  VETOR_RETURN_IF_ERROR(output.Write(model->folder.string() + "\n"));
  return output.Commit();
}

}  // namespace

Command MakePullCommand(CLI::App* root) {
  auto flags = std::make_shared<PullFlags>();
  CLI::App* app = root->add_subcommand("pull", kPullDescription);
  app->footer(kPullExamples);
  app->add_option("id", flags->id,
                  "The model: org/name, such as sentence-transformers/all-MiniLM-L6-v2, or a name "
                  "alone, such as bert-base-uncased.")
      ->type_name("ID")
      ->required();
  app->add_option("--revision", flags->revision, "Branch, tag or commit. Default main.")
      ->type_name("R");
  app->add_flag("--weights", flags->weights, "Fetch the weights even if there is a graph.");
  app->add_option("--include", flags->include,
                  "Also fetch the files that match, such as onnx/*; may be given more than once.")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  flags->run.AddLogTo(app);
  return {app, [flags](const CommandContext& context) {
            flags->run.Apply();
            return Run(*flags, context);
          }};
}

}  // namespace vetor::cli
