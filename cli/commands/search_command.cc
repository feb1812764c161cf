// vetor search: finds the nearest rows of a corpus for each query.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <memory>
#include <string>
#include <utility>

#include "base/counted.h"
#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/flags/one_of.h"
#include "cli/link/link_flags.h"
#include "cli/link/link_truth.h"
#include "cli/output/json_text.h"
#include "cli/output/progress.h"
#include "cli/streams/byte_stream.h"
#include "cli/streams/standard_error.h"

namespace vetor::cli {
namespace {

constexpr const char* kSearchDescription =
    "For each query, the rows of a corpus whose texts are closest in meaning, best first.";

constexpr const char* kSearchExamples = R"(Examples:
  vetor search --model models/all-MiniLM-L6-v2 --corpus events.jsonl --queries new.jsonl \
      --field name --same season --top 3
  vetor search --model models/all-MiniLM-L6-v2 --corpus events.jsonl --queries events.jsonl \
      --field name --same championship --same season --truth weekend --id-field id \
      --corpus-where language=en --queries-where language!=en

A line of the result, for each query in order, is
  {"query":"q7","hits":[{"row":12,"id":"e12","score":0.913},...]}
"query" is the row's --id-field, or its number in its file, from 0. Scores are cosines. With --truth
each hit also says "right".)";

// Queries between two checks for Ctrl-C; their results are written together.
constexpr size_t kQueriesAtOnce = 8192;

struct SearchFlags {
  LinkFlags link;
  std::string corpus;
  std::string queries;
  std::vector<std::string> corpus_where;
  std::vector<std::string> queries_where;
  size_t top = 3;
};

// One side of the search: the corpus or the queries.
struct Side {
  RecordSet records;
  RecordVectors vectors;
};

class SearchWork {
 public:
  SearchWork(const SearchFlags& flags, const CommandContext& context)
      : flags_(flags), context_(context) {}

  Status Run() {
    flags_.link.run.Apply();
    VETOR_RETURN_IF_ERROR(CheckFlags());
    VETOR_ASSIGN_OR_RETURN(const EmbeddingsConfig config, flags_.link.ResolveSettings());
    VETOR_RETURN_IF_ERROR(ReadRows());
    VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open(flags_.link.output));
    VETOR_ASSIGN_OR_RETURN(auto run,
                           EmbeddingRun::Open(config, {"search", flags_.link.run, context_}));
    const int threads = ComparingThreads(config);
    return run->Explain(Compare(run.get(), threads, &output), flags_.link.output);
  }

 private:
  Status Compare(EmbeddingRun* run, int threads, OutputStream* output) {
    VETOR_RETURN_IF_ERROR(EmbedRows(run));
    VETOR_RETURN_IF_ERROR(Search(threads, output));
    VETOR_RETURN_IF_ERROR(output->Commit());
    boost::json::object extra = {{"corpus_rows", corpus_.records.rows()},
                                 {"queries", queries_.records.rows()}};
    const bool measured = !flags_.link.truth.empty();
    SearchAccuracy accuracy;
    if (measured) {
      accuracy = MeasureSearch(hits_, Labels(corpus_), Labels(queries_), flags_.top);
      extra["truth"] = AccuracyJson(accuracy);
    }
    VETOR_RETURN_IF_ERROR(run->Finish(std::move(extra)));
    if (measured && !flags_.link.run.quiet) PrintAccuracy(accuracy);
    return Status();
  }

  Status CheckFlags() const {
    if (flags_.corpus.empty() || flags_.queries.empty()) {
      return InvalidArgumentError("expected --corpus FILE and --queries FILE");
    }
    if (flags_.corpus == "-" && flags_.queries == "-") {
      return InvalidArgumentError(
          "--corpus and --queries are both standard input; give one of them a file");
    }
    return CheckStreams({{"--corpus", flags_.corpus}, {"--queries", flags_.queries}},
                        {{"--output", flags_.link.output}, {"--stats", flags_.link.run.stats}});
  }

  Status ReadRows() {
    TextNumbers blocks;
    TextNumbers truths;
    const LinkFlags& link = flags_.link;
    VETOR_ASSIGN_OR_RETURN(
        corpus_.records, link.Read(flags_.corpus, flags_.corpus_where, context_, &blocks, &truths));
    VETOR_ASSIGN_OR_RETURN(queries_.records, link.Read(flags_.queries, flags_.queries_where,
                                                       context_, &blocks, &truths));
    return Status();
  }

  Status EmbedRows(EmbeddingRun* run) {
    const size_t fields = corpus_.records.texts.size();
    const size_t corpus = corpus_.records.rows() * fields;
    const size_t total = corpus + queries_.records.rows() * fields;
    VETOR_ASSIGN_OR_RETURN(corpus_.vectors, EmbedRecords(run, corpus_.records, 0, total));
    VETOR_ASSIGN_OR_RETURN(queries_.vectors, EmbedRecords(run, queries_.records, corpus, total));
    return Status();
  }

  Status Search(int threads, OutputStream* output) {
    const VectorRows corpus = corpus_.vectors.View(corpus_.records);
    const VectorRows queries = queries_.vectors.View(queries_.records);
    for (size_t begin = 0; begin < queries.rows; begin += kQueriesAtOnce) {
      if (context_.stop.stop_requested()) return CancelledError("interrupted while comparing");
      const size_t count = std::min(kQueriesAtOnce, queries.rows - begin);
      VETOR_ASSIGN_OR_RETURN(std::vector<std::vector<SearchHit>> hits,
                             SearchTop(corpus, Slice(queries, begin, count), flags_.top, threads));
      for (size_t i = 0; i < count; ++i) {
        VETOR_RETURN_IF_ERROR(output->Write(DescribeHits(begin + i, hits[i]) + "\n"));
      }
      VETOR_RETURN_IF_ERROR(output->Flush());
      std::move(hits.begin(), hits.end(), std::back_inserter(hits_));
    }
    return Status();
  }

  static VectorRows Slice(const VectorRows& rows, size_t begin, size_t count) {
    VectorRows slice;
    for (const VectorField& field : rows.fields) {
      slice.fields.push_back(
          {field.values.subspan(begin * field.dim, count * field.dim), field.dim});
    }
    if (!rows.block.empty()) slice.block = rows.block.subspan(begin, count);
    slice.rows = count;
    return slice;
  }

  std::string DescribeHits(size_t query, const std::vector<SearchHit>& hits) const {
    const RecordSet& records = queries_.records;
    JsonObjectText line;
    if (records.ids.empty()) {
      line.Add("query", records.index[query]);
    } else {
      line.AddJson("query", records.ids[query]);
    }
    if (flags_.link.with_text) line.AddText("text", records.texts[0][query]);
    std::vector<std::string> described;
    for (const SearchHit& hit : hits) {
      JsonObjectText one = DescribeRecord(corpus_.records, hit.row, flags_.link.with_text);
      one.Add("score", RoundedScore(hit.score));
      if (!records.truth.empty()) {
        one.Add("right", corpus_.records.truth[hit.row] == records.truth[query]);
      }
      described.push_back(one.ToString());
    }
    line.AddJson("hits", fmt::format("[{}]", fmt::join(described, ",")));
    return line.ToString();
  }

  static LabelledRows Labels(const Side& side) { return {side.records.block, side.records.truth}; }

  static boost::json::object AccuracyJson(const SearchAccuracy& accuracy) {
    return {{"accuracy", boost::json::array(accuracy.found.begin(), accuracy.found.end())},
            {"chance", boost::json::array(accuracy.chance.begin(), accuracy.chance.end())},
            {"possible", accuracy.possible}};
  }

  void PrintAccuracy(const SearchAccuracy& accuracy) const {
    const std::string same = flags_.link.SameText();
    std::string table = fmt::format(
        "  share of {} with a row of the same {} among the first\n{:<34}",
        accuracy.queries == 1 ? "1 query" : WithThousands(accuracy.queries) + " queries",
        flags_.link.truth, "");
    for (size_t k = 1; k <= accuracy.found.size(); ++k) table += fmt::format("{:>7}", k);
    const auto line = [&](const std::string& name, const std::vector<double>& shares) {
      table += fmt::format("\n    {:<30}", name);
      for (const double share : shares) table += fmt::format("{:>7.3f}", share);
    };
    line("found", accuracy.found);
    line(same.empty() ? "any row, by chance" : "by chance with the same " + same, accuracy.chance);
    table += fmt::format("\n    {:<30}{:>7.3f}", "possible at all", accuracy.possible);
    PrintError("{}\n", table);
  }

  const SearchFlags& flags_;
  const CommandContext& context_;
  Side corpus_;
  Side queries_;
  std::vector<std::vector<SearchHit>> hits_;
};

}  // namespace

Command MakeSearchCommand(CLI::App* root) {
  auto flags = std::make_shared<SearchFlags>();
  CLI::App* app = root->add_subcommand("search", kSearchDescription);
  app->footer(kSearchExamples);
  app->add_option("--corpus", flags->corpus, "Rows to search in.")->type_name("FILE");
  app->add_option("--queries", flags->queries, "Rows to search for. May be the same file.")
      ->type_name("FILE");
  app->add_option("--top,-k", flags->top, "Rows to find per query. Default 3.")
      ->type_name("N")
      ->check(WholeBetween(1, 10000));
  app->add_option("--corpus-where", flags->corpus_where, "Like --where, for the corpus only.")
      ->type_name("CONDITION")
      ->allow_extra_args(false);
  app->add_option("--queries-where", flags->queries_where, "Like --where, for the queries only.")
      ->type_name("CONDITION")
      ->allow_extra_args(false);
  flags->link.AddTo(app);
  return {app,
          [flags](const CommandContext& context) { return SearchWork(*flags, context).Run(); }};
}

}  // namespace vetor::cli
