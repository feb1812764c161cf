// vetor embed: reads texts and writes vectors, in constant memory; from one file to another, or
// from many files into a folder.
#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/commands/embedding_run.h"
#include "cli/flags/bulk_flags.h"
#include "cli/flags/io_flags.h"
#include "cli/flags/one_of.h"
#include "cli/flags/run_flags.h"
#include "cli/flags/settings_flags.h"
#include "cli/input/row_reader.h"
#include "cli/output/result_writer.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"
#include "vetor/embed_files.h"

namespace vetor::cli {
namespace {

constexpr const char* kEmbedDescription =
    "Turn texts into vectors, one row per text, in order. Reads and writes as it goes: memory "
    "stays "
    "the same for ten texts and ten million.";

constexpr const char* kEmbedExamples = R"(Examples:
  vetor embed --model models/all-MiniLM-L6-v2 --input titles.txt --output titles.npy
  vetor embed --model models/all-MiniLM-L6-v2 --input events.jsonl --field name --id-field id
  printf 'GP de São Paulo\nBrazilian Grand Prix\n' | vetor embed --output vectors.npy

  vetor embed --model models/all-MiniLM-L6-v2 --input 'in/part-*.jsonl.zst' --field text \
    --output out/ --format npy --resume

An --output that ends in "/", or that is a folder, makes a bulk job: each input becomes a file in
the folder, with a manifest beside it, and a job that was ended goes on with --resume. Inputs may be
compressed (.gz, .zst).

The .npy file is [texts, dim] float32 (numpy.load reads it). A line of jsonl is
  {"id":7,"embedding":[0.0123,...],"tokens":9,"truncated":false}
with "id" only if --id-field is given.)";

struct EmbedFlags {
  SettingsFlags settings;
  RunFlags run;
  RowFlags rows;
  IoFlags io;
  TextField field;
  std::string format;
  std::string id_field;
  std::string into = "embedding";
  BulkFlags bulk;
};

// The texts that are embedded at once.
struct Chunk {
  std::vector<std::string> texts;
  std::vector<std::string> ids;  ///< JSON, as in the input.
  std::vector<uint64_t> lines;   ///< The line of each text in the input.
  bool last = false;             ///< The input ended with it.
  uint64_t bytes_before = 0;     ///< Bytes of the input before this chunk, for the progress.
  uint64_t bytes_after = 0;
};

class EmbedWork {
 public:
  EmbedWork(const EmbedFlags& flags, RowReader reader) : flags_(flags), reader_(std::move(reader)) {
    lines_ =
        ChooseRowFormat(flags.rows.format, flags.io.input, FieldsNamed(flags)) == RowFormat::kLines;
  }

  static bool FieldsNamed(const EmbedFlags& flags) {
    return !flags.field.name.empty() || !flags.id_field.empty();
  }

  Status Run(EmbeddingRun* run, VectorWriter* writer) {
    while (true) {
      VETOR_RETURN_IF_ERROR(ReadChunk());
      if (chunk_.texts.empty()) return writer->Finish();
      const auto fraction = [this](size_t done) { return Fraction(done); };
      const auto place = [this](size_t index) { return reader_.Place(chunk_.lines.at(index)); };
      if (chunk_.last) run->SetTotal(run->texts_done() + chunk_.texts.size());
      VETOR_ASSIGN_OR_RETURN(const Embeddings rows, run->EmbedChunk(chunk_.texts, fraction, place));
      VETOR_RETURN_IF_ERROR(writer->Append(rows, chunk_.ids));
    }
  }

 private:
  Status ReadChunk() {
    chunk_.texts.clear();
    chunk_.ids.clear();
    chunk_.lines.clear();
    chunk_.bytes_before = reader_.bytes_read();
    size_t bytes = 0;
    while (chunk_.texts.size() < kChunkTexts && bytes < kChunkBytes) {
      VETOR_ASSIGN_OR_RETURN(const bool found, reader_.Next(&row_));
      chunk_.last = !found;
      if (!found) break;
      chunk_.lines.push_back(row_.line);
      VETOR_RETURN_IF_ERROR(AddRow());
      bytes += chunk_.texts.back().size();
    }
    chunk_.bytes_after = reader_.bytes_read();
    return Status();
  }

  Status AddRow() {
    if (lines_) {
      chunk_.texts.push_back(std::move(row_.text));
      return Status();
    }
    VETOR_ASSIGN_OR_RETURN(std::string text, reader_.TextOf(row_, flags_.field.OrText()));
    chunk_.texts.push_back(std::move(text));
    if (flags_.id_field.empty()) return Status();
    VETOR_ASSIGN_OR_RETURN(std::string id, reader_.JsonOf(row_, flags_.id_field));
    chunk_.ids.push_back(std::move(id));
    return Status();
  }

  // By bytes, because the number of rows is known only at the end.
  std::optional<double> Fraction(size_t done) const {
    if (!reader_.size() || *reader_.size() == 0) return std::nullopt;
    const double part = static_cast<double>(done) / static_cast<double>(chunk_.texts.size());
    const double bytes = static_cast<double>(chunk_.bytes_after - chunk_.bytes_before) * part;
    return (static_cast<double>(chunk_.bytes_before) + bytes) /
           static_cast<double>(*reader_.size());
  }

  const EmbedFlags& flags_;
  RowReader reader_;
  bool lines_ = true;
  Row row_;
  Chunk chunk_;
};

Result<EmbedFilesOptions> BulkOptions(const EmbedFlags& flags, const EmbeddingsConfig& config) {
  EmbedFilesOptions options;
  options.inputs = {flags.io.input};
  options.output = flags.io.output;
  if (flags.io.input == "-") {
    return InvalidArgumentError(
        flags.io.output +
        " is a directory, and standard input has no name for the files in it; name files with "
        "--input, or a file with --output");
  }
  const bool named = EmbedWork::FieldsNamed(flags);
  if (flags.rows.format == "lines" && named) {
    return InvalidArgumentError(
        "a flag names a field, but --input-format lines has none; use --input-format jsonl");
  }
  options.input_format = named || flags.rows.format == "jsonl" ? InputFormat::kJsonl
                         : flags.rows.format == "lines"        ? InputFormat::kLines
                                                               : InputFormat::kAuto;
  options.field = flags.field.OrText();
  options.id_field = flags.id_field;
  options.into = flags.into;
  options.replace_invalid = flags.rows.replace_invalid;
  if (!flags.format.empty()) {
    VETOR_ASSIGN_OR_RETURN(options.format, Parse<VectorFileFormat>(flags.format, "--format"));
  }
  options.on_long = config.model.on_long;
  flags.bulk.Fill(&options);
  return options;
}

void PrintBulkSummary(const EmbedFilesReport& report, const std::string& folder) {
  std::string line = fmt::format("  {} in {}", Counted(report.outputs, "output"), folder);
  if (report.finished_outputs > 0) {
    line += fmt::format(
        "; {} with {} {} finished before", Counted(report.finished_outputs, "output"),
        Counted(report.finished_texts, "text"), report.finished_outputs == 1 ? "was" : "were");
  }
  if (report.failed > 0) {
    line += fmt::format("; {} could not be embedded, and {} null", Counted(report.failed, "text"),
                        report.failed == 1 ? "its vector is" : "their vectors are");
  }
  PrintError("{}\n", line);
}

Status RunBulk(const EmbedFlags& flags, const CommandContext& context) {
  VETOR_ASSIGN_OR_RETURN(const EmbeddingsConfig config, flags.settings.Resolve());
  VETOR_ASSIGN_OR_RETURN(const EmbedFilesOptions options, BulkOptions(flags, config));
  // Before the model is opened, so that a wrong path is reported at once.
  VETOR_RETURN_IF_ERROR(CheckEmbedFiles(options));
  VETOR_ASSIGN_OR_RETURN(auto run, EmbeddingRun::Open(config, {"embed", flags.run, context}));
  VETOR_ASSIGN_OR_RETURN(const EmbedFilesReport report, run->EmbedInFiles(options));
  VETOR_RETURN_IF_ERROR(run->Finish({{"inputs", report.inputs},
                                     {"outputs", report.outputs},
                                     {"finished_outputs", report.finished_outputs},
                                     {"finished_texts", report.finished_texts},
                                     {"failed", report.failed}}));
  if (!flags.run.quiet) PrintBulkSummary(report, flags.io.output);
  return Status();
}

Status CheckFormatOfFile(const std::string& format) {
  if (format.empty() || format == "npy" || format == "jsonl") return Status();
  return InvalidArgumentError(fmt::format(
      "--format {} is of bulk jobs, which write into a folder; end --output with \"/\", or pipe "
      "the results of --format jsonl through a program that compresses",
      format));
}

Status RunEmbed(const EmbedFlags& flags, const CommandContext& context) {
  flags.run.Apply();
  VETOR_RETURN_IF_ERROR(flags.io.Check(flags.run));
  if (NamesFolder(flags.io.output)) return RunBulk(flags, context);
  VETOR_RETURN_IF_ERROR(flags.bulk.CheckUnused(flags.io.input, flags.io.output));
  VETOR_RETURN_IF_ERROR(CheckFormatOfFile(flags.format));
  const ResultFormat format = ChooseResultFormat(flags.format, flags.io.output);
  if (format == ResultFormat::kNpy && !flags.id_field.empty()) {
    return InvalidArgumentError(
        "--id-field: .npy has no place for ids; use --format jsonl (rows keep their order)");
  }
  if (format == ResultFormat::kNpy && flags.into != "embedding") {
    return InvalidArgumentError(
        "--into names the vector, and .npy has no names; leave it out, or use --format jsonl");
  }
  VETOR_ASSIGN_OR_RETURN(const EmbeddingsConfig config, flags.settings.Resolve());
  // Input and output are opened before the model, so that a wrong path is reported at once.
  VETOR_ASSIGN_OR_RETURN(RowReader reader,
                         flags.rows.Open(flags.io.input, EmbedWork::FieldsNamed(flags), context));
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open(flags.io.output));
  VETOR_ASSIGN_OR_RETURN(auto run, EmbeddingRun::Open(config, {"embed", flags.run, context}));
  VETOR_ASSIGN_OR_RETURN(
      auto writer, MakeVectorWriter(std::move(output), format, run->service().dim(), flags.into));
  const Status done = EmbedWork(flags, std::move(reader)).Run(run.get(), writer.get());
  VETOR_RETURN_IF_ERROR(run->Explain(done, flags.io.output));
  return run->Finish();
}

// A name that no other member of a result has.
CLI::Validator MemberName() {
  return CLI::Validator(
      [](std::string& name) -> std::string {
        for (const char* taken : {"", "id", "tokens", "truncated", "error"}) {
          if (name == taken) {
            return "\"" + name +
                   "\" is not allowed; expected a name that no other member of a result has";
          }
        }
        return FindInvalidUtf8(name) == kValidUtf8 ? std::string() : "expected a name in UTF-8";
      },
      "");
}

}  // namespace

Command MakeEmbedCommand(CLI::App* root) {
  auto flags = std::make_shared<EmbedFlags>();
  CLI::App* app = root->add_subcommand("embed", kEmbedDescription);
  app->footer(kEmbedExamples);
  flags->io.AddTo(
      app, {.read = "Texts to embed. A pattern in quotes names many files, for a folder.",
            .written = "Where the vectors go. A folder (it ends in \"/\") makes a bulk job."});
  app->add_option("--format", flags->format,
                  "npy or jsonl; in a folder jsonl.gz and jsonl.zst, too. Default npy for a file "
                  "that ends in .npy, else jsonl.")
      ->type_name("FORM")
      ->check(OneOf(NamesOf<VectorFileFormat>()));
  flags->field.AddTo(app);
  app->add_option("--id-field", flags->id_field,
                  "Field that is copied to the results as \"id\" (jsonl), as it is written: "
                  "numbers keep every "
                  "digit.")
      ->type_name("NAME");
  app->add_option("--into", flags->into,
                  "Name of the vector in a line of jsonl. Default embedding.")
      ->type_name("NAME")
      ->check(MemberName());
  flags->rows.AddTo(app);
  flags->bulk.AddTo(app);
  flags->run.AddTo(app);
  flags->settings.AddTo(app);
  return {app, [flags](const CommandContext& context) { return RunEmbed(*flags, context); }};
}

}  // namespace vetor::cli
