// vetor tokenize: reads texts and writes token ids. Needs a tokenizer, but no ONNX Runtime.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/flags/io_flags.h"
#include "cli/flags/run_flags.h"
#include "cli/flags/settings_flags.h"
#include "cli/output/progress.h"
#include "cli/output/run_report.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"
#include "os/cpu.h"
#include "os/log.h"
#include "vetor/pull.h"
#include "vetor/tokenizer.h"

namespace vetor::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizeDescription =
    "Turn texts into token ids, one JSON line per text, exactly as the model sees them. Needs the "
    "model's tokenizer only (tokenizer.json, a vocab.txt or a SentencePiece model, and the "
    "configuration files beside it), and no ONNX Runtime.";

constexpr const char* kTokenizeExamples = R"(Examples:
  vetor tokenize --model models/all-MiniLM-L6-v2 --input titles.txt
  echo 'São Paulo' | vetor tokenize --tokenizer-path tokenizer.json --no-special-tokens

A line of the result is
  {"ids":[101,7509,9094,102]}
and with --show-tokens, where offsets are bytes of the text, [begin, end), and an added special
token, which has no place in the text, has [0,0]:
  {"ids":[101,7509,9094,102],"tokens":["[CLS]","sao","paulo","[SEP]"],
   "offsets":[[0,0],[0,4],[5,10],[0,0]]}
(on one line). Tokens are written as the vocabulary has them. If a token holds only a part of a
character, its offsets are those of the whole character, as in Hugging Face tokenizers.
Texts longer than the model's maximum, or than --max-length, are cut and counted. The maximum comes
from the configuration files of the model's folder, which needs no graph; with a tokenizer file
alone there is no maximum unless --max-length sets one.)";

struct TokenizeFlags {
  SettingsFlags settings;
  RunFlags run;
  RowFlags rows;
  IoFlags io;
  TextField field;
  bool no_special_tokens = false;
  bool show_tokens = false;
};

class TokenizeWork {
 public:
  TokenizeWork(RowReader reader, OutputStream output, const TokenizeFlags& flags)
      : reader_(std::move(reader)), output_(std::move(output)), flags_(flags) {}

  Status Run(const ModelTokenizer& loaded, const CommandContext& context, RunReport* report) {
    const EncodeOptions options{loaded.max_length, !flags_.no_special_tokens};
    const bool lines = ChooseRowFormat(flags_.rows.format, flags_.io.input,
                                       !flags_.field.name.empty()) == RowFormat::kLines;
    Progress progress("tokenize", Progress::ChooseForm(flags_.run.quiet));
    Row row;
    TokenSequence tokens;
    while (true) {
      if (context.stop.stop_requested()) return CancelledError("interrupted");
      VETOR_ASSIGN_OR_RETURN(const bool found, reader_.Next(&row));
      if (!found) return output_.Commit();
      if (!lines) {
        VETOR_ASSIGN_OR_RETURN(row.text, reader_.TextOf(row, flags_.field.OrText()));
      }
      if (flags_.show_tokens) {
        VETOR_RETURN_IF_ERROR(ShowTokens(*loaded.tokenizer, row.text, options, &tokens));
      } else {
        VETOR_RETURN_IF_ERROR(loaded.tokenizer->Encode(row.text, options, &tokens));
        line_.clear();
        AppendIds(tokens.ids);
      }
      line_ += "}\n";
      VETOR_RETURN_IF_ERROR(output_.Write(line_));
      ++report->texts;
      report->tokens += tokens.ids.size();
      report->truncated += tokens.truncated ? 1 : 0;
      // Reading the clock for each row would take a tenth of the time of a short text.
      if (report->texts % 256 == 0) progress.Update(report->texts, Fraction());
    }
  }

 private:
  void AppendIds(const std::vector<int64_t>& ids) {
    line_ += fmt::format("{{\"ids\":[{}]", fmt::join(ids, ","));
  }

  // Writes ids, tokens and offsets to line_. Sets `tokens` to the ids and whether the text was cut.
  Status ShowTokens(const Tokenizer& tokenizer, std::string_view text, const EncodeOptions& options,
                    TokenSequence* tokens) {
    WindowOptions windows;
    windows.add_special_tokens = options.add_special_tokens;
    windows.offsets = true;
    if (options.max_length > 0) {
      windows.truncation = {.max_length = options.max_length, .keep_end = tokenizer.keeps_end()};
    }
    VETOR_ASSIGN_OR_RETURN(const Encoding encoding,
                           tokenizer.EncodeWindows(text, std::nullopt, windows));
    boost::json::array pieces;
    std::string offsets;
    for (size_t i = 0; i < encoding.ids.size(); ++i) {
      pieces.emplace_back(tokenizer.IdToToken(encoding.ids[i]));
      const TokenOffsets& place = encoding.offsets[i];
      offsets += fmt::format("{}[{},{}]", i == 0 ? "" : ",", place.begin, place.end);
    }
    line_.clear();
    AppendIds(encoding.ids);
    line_ +=
        fmt::format(",\"tokens\":{},\"offsets\":[{}]", boost::json::serialize(pieces), offsets);
    tokens->ids = encoding.ids;
    tokens->truncated = !encoding.overflow.empty();
    return Status();
  }

  std::optional<double> Fraction() const {
    if (!reader_.size() || *reader_.size() == 0) return std::nullopt;
    return static_cast<double>(reader_.bytes_read()) / static_cast<double>(*reader_.size());
  }

  RowReader reader_;
  OutputStream output_;
  const TokenizeFlags& flags_;
  std::string line_;
};

// If only the environment or the file names a model, and it does not exist, --tokenizer-path works
// all the same.
void SetAsideMissingModel(const SettingsFlags& settings, ModelConfig* model) {
  if (!settings.Given("ai.onnx.tokenizer_path") || settings.Given("ai.onnx.model_path")) return;
  if (model->path.empty()) return;
  const Status found = ResolveModelPath(model->path).status();
  std::error_code ignored;
  if (found.ok() && fs::exists(*ResolveModelPath(model->path), ignored)) return;
  Log(LogLevel::kInfo, "the model {} of the settings does not exist; only --tokenizer-path is used",
      model->path);
  model->path.clear();
}

Status RunTokenize(const TokenizeFlags& flags, const CommandContext& context) {
  using Clock = std::chrono::steady_clock;
  flags.run.Apply();
  VETOR_RETURN_IF_ERROR(flags.io.Check(flags.run));
  VETOR_ASSIGN_OR_RETURN(EmbeddingsConfig config, flags.settings.Resolve());
  SetAsideMissingModel(flags.settings, &config.model);
  VETOR_ASSIGN_OR_RETURN(RowReader reader,
                         flags.rows.Open(flags.io.input, !flags.field.name.empty(), context));
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open(flags.io.output));
  RunReport report;
  report.command = "tokenize";
  const Clock::time_point start = Clock::now();
  VETOR_ASSIGN_OR_RETURN(const ModelTokenizer loaded, OpenTokenizer(config));
  const Clock::time_point opened = Clock::now();
  TokenizeWork work(std::move(reader), std::move(output), flags);
  VETOR_RETURN_IF_ERROR(work.Run(loaded, context, &report));
  report.open_seconds = std::chrono::duration<double>(opened - start).count();
  report.seconds = std::chrono::duration<double>(Clock::now() - opened).count();
  report.max_length = static_cast<int>(loaded.max_length);
  report.metrics.peak_resident_bytes = ReadMemoryUse().peak_resident_bytes;
  report.extra = {{"tokenizer", loaded.name}, {"max_length", loaded.max_length}};
  if (!flags.run.quiet) PrintError("{}\n", FormatSummary(report));
  if (flags.run.stats.empty()) return Status();
  return WriteStats(flags.run.stats, StatsJson(report));
}

}  // namespace

Command MakeTokenizeCommand(CLI::App* root) {
  auto flags = std::make_shared<TokenizeFlags>();
  CLI::App* app = root->add_subcommand("tokenize", kTokenizeDescription);
  app->footer(kTokenizeExamples);
  flags->io.AddTo(app, {.read = "Texts to tokenize.", .written = "Where the ids go."});
  flags->field.AddTo(app);
  app->add_flag("--no-special-tokens", flags->no_special_tokens,
                "Print only the text's own tokens, without [CLS] and the like.");
  app->add_flag("--show-tokens", flags->show_tokens,
                "Also print the tokens and their places in the text.");
  flags->rows.AddTo(app);
  flags->run.AddTo(app);
  flags->settings.AddTo(app,
                        {"ai.onnx.model_path", "ai.onnx.tokenizer_path", "ai.onnx.max_length"});
  return {app, [flags](const CommandContext& context) { return RunTokenize(*flags, context); }};
}

}  // namespace vetor::cli
