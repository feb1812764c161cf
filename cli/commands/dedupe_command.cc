// vetor dedupe: rows of one file that mean the same, as groups or pairs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/object.hpp>
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

constexpr const char* kDedupeDescription =
    "Find rows that mean the same: all pairs whose score reaches a threshold, joined into groups.";

constexpr const char* kDedupeExamples = R"(Examples:
  vetor dedupe --model models/all-MiniLM-L6-v2 --input events.jsonl --field name --field place \
      --same date:10 --threshold 0.85
  vetor dedupe --input events.jsonl --field name --same date:10 --pairs --id-field id \
      --truth group

A line of the result is a group, or with --pairs a pair:
  {"group":[{"row":3,"id":"e3"},{"row":17,"id":"e17"}]}
  {"a":{"row":3,"id":"e3"},"b":{"row":17,"id":"e17"},"score":0.91}
"row" counts the rows of the file from 0. Scores are cosines. A group holds the rows that a
chain of pairs connects; a row without a partner is in no group. --truth also finds the best
threshold.)";

// A pair takes 12 bytes, and twice as many while pairs are sorted.
constexpr size_t kMaxPairs = 20'000'000;

struct DedupeFlags {
  LinkFlags link;
  std::string input = "-";
  float threshold = 0.85F;
  bool pairs = false;
};

struct PairTruth {
  PairAccuracy at_threshold;
  PairAccuracy in_groups;
  PairAccuracy in_blocks;
  BestThreshold best;
  float floor = 0;  ///< The lowest threshold that was tried.
};

class DedupeWork {
 public:
  DedupeWork(const DedupeFlags& flags, const CommandContext& context)
      : flags_(flags), context_(context) {}

  Status Run() {
    const LinkFlags& link = flags_.link;
    link.run.Apply();
    VETOR_RETURN_IF_ERROR(CheckStreams({{"--input", flags_.input}},
                                       {{"--output", link.output}, {"--stats", link.run.stats}}));
    VETOR_ASSIGN_OR_RETURN(const EmbeddingsConfig config, link.ResolveSettings());
    TextNumbers blocks;
    TextNumbers truths;
    VETOR_ASSIGN_OR_RETURN(records_, link.Read(flags_.input, {}, context_, &blocks, &truths));
    VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open(link.output));
    VETOR_ASSIGN_OR_RETURN(auto run, EmbeddingRun::Open(config, {"dedupe", link.run, context_}));
    threads_ = ComparingThreads(config);
    const Status done = Compare(run.get(), &output);
    return run->Explain(done, written_ ? "" : link.output);
  }

 private:
  Status Compare(EmbeddingRun* run, OutputStream* output) {
    const LinkFlags& link = flags_.link;
    const size_t total = records_.rows() * records_.texts.size();
    VETOR_ASSIGN_OR_RETURN(const RecordVectors vectors, EmbedRecords(run, records_, 0, total));
    const VectorRows rows = vectors.View(records_);
    VETOR_ASSIGN_OR_RETURN(pairs_, PairsAbove(rows, flags_.threshold, threads_, kMaxPairs));
    if (context_.stop.stop_requested()) return CancelledError("interrupted while comparing");
    VETOR_ASSIGN_OR_RETURN(groups_, GroupPairs(pairs_, rows.rows));
    VETOR_RETURN_IF_ERROR(Write(output));
    written_ = true;
    boost::json::object extra = {
        {"rows", rows.rows}, {"pairs", pairs_.size()}, {"groups", groups_.size()}};
    const bool measured = !link.truth.empty();
    PairTruth truth;
    if (measured) {
      VETOR_ASSIGN_OR_RETURN(truth, Measure(rows));
      extra["truth"] = TruthJson(truth);
    }
    VETOR_RETURN_IF_ERROR(run->Finish(std::move(extra)));
    if (!link.run.quiet) PrintFindings(measured ? &truth : nullptr);
    return Status();
  }

  Status Write(OutputStream* output) const {
    const auto record = [this](uint32_t row) {
      return DescribeRecord(records_, row, flags_.link.with_text).ToString();
    };
    const auto write = [output](const JsonObjectText& line) {
      return output->Write(line.ToString() + "\n");
    };
    if (flags_.pairs) {
      for (const SimilarPair& pair : pairs_) {
        JsonObjectText line;
        line.AddJson("a", record(pair.a)).AddJson("b", record(pair.b));
        line.Add("score", RoundedScore(pair.score));
        if (!records_.truth.empty()) {
          line.Add("right", records_.truth[pair.a] == records_.truth[pair.b]);
        }
        VETOR_RETURN_IF_ERROR(write(line));
      }
      return output->Commit();
    }
    for (const std::vector<uint32_t>& group : groups_) {
      std::vector<std::string> members;
      members.reserve(group.size());
      for (const uint32_t row : group) members.push_back(record(row));
      JsonObjectText line;
      line.AddJson("group", fmt::format("[{}]", fmt::join(members, ",")));
      VETOR_RETURN_IF_ERROR(write(line));
    }
    return output->Commit();
  }

  // The best threshold may lie below --threshold, so pairs with lower scores are needed as well:
  // all pairs if they are few enough, else the pairs above the lowest floor that leaves few enough.
  Result<PairTruth> Measure(const VectorRows& rows) const {
    const LabelledRows labels{records_.block, records_.truth};
    PairTruth truth;
    truth.at_threshold = MeasurePairs(pairs_, flags_.threshold, labels);
    truth.in_groups = MeasureGroups(groups_, labels);
    truth.in_blocks = MeasureBlocks(labels);
    truth.best = FindBestThreshold(pairs_, labels);
    truth.floor = flags_.threshold;
    for (const float floor : {-1.01F, 0.5F, 0.6F, 0.7F, 0.8F}) {
      if (floor < -1 && truth.in_blocks.said > kMaxPairs) continue;
      if (floor >= flags_.threshold) break;
      if (context_.stop.stop_requested()) return CancelledError("interrupted while measuring");
      const auto pairs = PairsAbove(rows, floor, threads_, kMaxPairs);
      if (!pairs.ok() && pairs.status().code() == StatusCode::kResourceExhausted) continue;
      if (!pairs.ok()) return pairs.status();
      truth.best = FindBestThreshold(*pairs, labels);
      truth.floor = floor;
      break;
    }
    return truth;
  }

  static boost::json::object AccuracyJson(const PairAccuracy& accuracy) {
    return {{"pairs", accuracy.said},
            {"precision", accuracy.precision()},
            {"recall", accuracy.recall()},
            {"f1", accuracy.f1()}};
  }

  boost::json::object TruthJson(const PairTruth& truth) const {
    boost::json::object best = AccuracyJson(truth.best.accuracy);
    best["threshold"] = RoundedScore(truth.best.threshold);
    boost::json::object at = AccuracyJson(truth.at_threshold);
    at["threshold"] = RoundedScore(flags_.threshold);
    return {{"true_pairs", truth.at_threshold.truth},
            {"at_threshold", std::move(at)},
            {"in_groups", AccuracyJson(truth.in_groups)},
            {"best", std::move(best)},
            {"blocking_alone", AccuracyJson(truth.in_blocks)}};
  }

  void PrintFindings(const PairTruth* truth) const {
    PrintError("  {} at {:.3g} or above, in {}\n", Counted(pairs_.size(), "pair"), flags_.threshold,
               Counted(groups_.size(), "group"));
    if (truth == nullptr) return;
    std::string table =
        fmt::format("  {} of {} {} the same {}\n    {:<38}{:>12}{:>11}{:>8}{:>8}",
                    Counted(truth->at_threshold.truth, "pair"), Counted(records_.rows(), "row"),
                    truth->at_threshold.truth == 1 ? "has" : "have", flags_.link.truth, "", "pairs",
                    "precision", "recall", "F1");
    const auto line = [&](const std::string& name, const PairAccuracy& accuracy) {
      table += fmt::format("\n    {:<38}{:>12}{:>11.3f}{:>8.3f}{:>8.3f}", name,
                           WithThousands(accuracy.said), accuracy.precision(), accuracy.recall(),
                           accuracy.f1());
    };
    const std::string same = flags_.link.SameText();
    line(fmt::format("score at least {:.3g}", flags_.threshold), truth->at_threshold);
    line("joined into groups", truth->in_groups);
    line(fmt::format("best threshold{}: {:.3f}",
                     truth->floor < -1 ? "" : fmt::format(" from {:.2g} up", truth->floor),
                     truth->best.threshold),
         truth->best.accuracy);
    line(same.empty() ? "every pair (no --same)" : "same " + same + " alone", truth->in_blocks);
    PrintError("{}\n", table);
  }

  const DedupeFlags& flags_;
  const CommandContext& context_;
  RecordSet records_;
  int threads_ = 1;
  bool written_ = false;
  std::vector<SimilarPair> pairs_;
  std::vector<std::vector<uint32_t>> groups_;
};

}  // namespace

Command MakeDedupeCommand(CLI::App* root) {
  auto flags = std::make_shared<DedupeFlags>();
  CLI::App* app = root->add_subcommand("dedupe", kDedupeDescription);
  app->footer(kDedupeExamples);
  app->add_option("--input,-i", flags->input, "Rows to compare. Default \"-\", standard input.")
      ->type_name("FILE");
  app->add_option("--threshold,-t", flags->threshold,
                  "Lowest score of a pair, from -1 to 1. Default 0.85.")
      ->type_name("SCORE")
      ->check(NumberBetween(-1, 1));
  app->add_flag("--pairs", flags->pairs, "Write pairs with their scores instead of groups.");
  flags->link.AddTo(app);
  return {app,
          [flags](const CommandContext& context) { return DedupeWork(*flags, context).Run(); }};
}

}  // namespace vetor::cli
