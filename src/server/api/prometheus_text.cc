#include "server/api/prometheus_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "vetor/metrics.h"

namespace vetor {
namespace {

// A value of a label: quotes, backslashes and line feeds as the format wants them.
std::string Escaped(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

class TextWriter {
 public:
  // Begins a metric; its samples follow.
  void Begin(std::string_view name, std::string_view type, std::string_view what) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, what, name,
                   type);
  }
  // `labels` is `name="value",...` or empty.
  template <typename Number>
  void Sample(std::string_view labels, Number value, std::string_view suffix = "") {
    fmt::format_to(std::back_inserter(text_), "{}{}{}{}{} {}\n", name_, suffix,
                   labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", value);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

void WriteRequests(const RequestCounts& counts, TextWriter* out) {
  out->Begin("vetor_requests_total", "counter", "Requests that were answered.");
  for (const auto& [key, count] : counts.by_route_and_status) {
    out->Sample(fmt::format(R"(route="{}",code="{}")", Escaped(key.first), key.second), count);
  }
  out->Begin("vetor_request_seconds", "histogram",
             "Time from the first byte of a request to its answer.");
  for (const auto& [route, durations] : counts.durations) {
    const std::string label = fmt::format(R"(route="{}")", Escaped(route));
    uint64_t below = 0;
    for (size_t i = 0; i < durations.buckets.size(); ++i) {
      below += durations.buckets[i];
      const bool last = i == kDurationBounds.size();
      const std::string bound = last ? "+Inf" : fmt::format("{}", kDurationBounds[i]);
      out->Sample(fmt::format(R"({},le="{}")", label, bound), below, "_bucket");
    }
    out->Sample(label, durations.sum_seconds, "_sum");
    out->Sample(label, durations.count, "_count");
  }
}

void WriteLoad(const ApiState& state, const RequestCounts& counts, TextWriter* out) {
  const Admission::Load load = state.admission.load();
  out->Begin("vetor_queue_requests", "gauge", "Requests for vectors that wait or run.");
  out->Sample("", load.requests);
  out->Begin("vetor_queue_tokens", "gauge", "Their tokens, about.");
  out->Sample("", load.tokens);
  out->Begin(
      "vetor_refused_requests_total", "counter",
      "Requests that were refused because ai.server.queue_tokens was reached, or because they "
      "would not have ended in time.");
  out->Sample("", load.refused);
  out->Begin("vetor_queue_tokens_per_second", "gauge",
             "Tokens computed per second while requests waited or ran, lately; 0 before that is "
             "measured.");
  out->Sample("", load.tokens_per_second);
  const ByteBudget& budget = *state.options.budget;
  out->Begin("vetor_held_bytes", "gauge",
             "Bytes of the bodies and answers of all requests under way, about.");
  out->Sample("", budget.held());
  out->Begin("vetor_held_refusals_total", "counter",
             "Bodies and answers that were refused because ai.server.max_held_mb was reached.");
  out->Sample("", budget.refused());
  out->Begin("vetor_queue_wait_seconds", "summary",
             "Time that computed requests waited for their first batch.");
  out->Sample("", counts.queue_wait_seconds, "_sum");
  out->Sample("", counts.queue_waits, "_count");
  if (state.options.open_connections) {
    out->Begin("vetor_open_connections", "gauge", "Connections that are open.");
    out->Sample("", state.options.open_connections());
  }
  out->Begin("vetor_ready", "gauge", "1 if /ready answers 200.");
  out->Sample("", state.models->ready() && !state.draining ? 1 : 0);
}

using Snapshot = std::pair<std::string, Metrics>;  // The label of a model, and its metrics.

// The counters that every model has one of.
void WriteCounters(const std::vector<Snapshot>& models, TextWriter* out) {
  struct Counter {
    std::string_view name, what;
    uint64_t Metrics::*field;
  };
  static constexpr Counter kCounters[] = {
      {"vetor_texts_total", "Texts that were answered.", &Metrics::texts},
      {"vetor_computed_texts_total", "Texts that the model computed.", &Metrics::computed_texts},
      {"vetor_joined_texts_total", "Texts answered by a computation under way.",
       &Metrics::joined_texts},
      {"vetor_truncated_texts_total", "Texts longer than the model's maximum.",
       &Metrics::truncated_texts},
      {"vetor_tokens_total",
       "Tokens of texts that neither the cache nor a computation under way had, counted before "
       "they "
       "wait for the model.",
       &Metrics::tokens},
      {"vetor_padding_tokens_total", "Padding that was computed beside them.",
       &Metrics::padding_tokens},
      {"vetor_batches_total", "Runs of the model.", &Metrics::batches},
      {"vetor_failed_calls_total", "Calls of the model's service that ended with an error.",
       &Metrics::failed_calls},
      {"vetor_cache_misses_total", "Texts that no level of the cache had.", &Metrics::cache_misses},
  };
  for (const Counter& counter : kCounters) {
    out->Begin(counter.name, "counter", counter.what);
    for (const auto& [label, metrics] : models) out->Sample(label, metrics.*counter.field);
  }
}

void WriteCache(const std::vector<Snapshot>& models, TextWriter* out) {
  out->Begin("vetor_cache_hits_total", "counter", "Texts that a level of the cache had.");
  for (const auto& [label, metrics] : models) {
    for (const CacheTierMetrics& tier : metrics.cache_tiers) {
      out->Sample(fmt::format(R"({},tier="{}")", label, tier.name), tier.hits);
    }
  }
  out->Begin("vetor_cache_dropped_writes_total", "counter", "Vectors that were not stored.");
  for (const auto& [label, metrics] : models) {
    for (const CacheTierMetrics& tier : metrics.cache_tiers) {
      out->Sample(fmt::format(R"({},tier="{}")", label, tier.name), tier.dropped_writes);
    }
  }
}

void WriteStages(const std::vector<Snapshot>& models, TextWriter* out) {
  out->Begin("vetor_stage_seconds_total", "counter", "Time in each stage, over all threads.");
  for (const auto& [label, metrics] : models) {
    const StageTimes& stages = metrics.stages;
    const std::pair<std::string_view, double> all[] = {{"tokenize", stages.tokenize_ms},
                                                       {"cache_find", stages.cache_find_ms},
                                                       {"cache_insert", stages.cache_insert_ms},
                                                       {"model", stages.model_ms},
                                                       {"pool", stages.pool_ms}};
    for (const auto& [stage, ms] : all) {
      out->Sample(fmt::format(R"({},stage="{}")", label, stage), ms / 1e3);
    }
  }
}

void WriteModels(const std::vector<Snapshot>& models, TextWriter* out) {
  out->Begin("vetor_fallback", "gauge", "1 if hashing runs in place of the model.");
  for (const auto& [label, metrics] : models) out->Sample(label, metrics.fallback ? 1 : 0);
  out->Begin("vetor_model_info", "gauge", "1; its labels say what runs.");
  for (const auto& [label, metrics] : models) {
    out->Sample(fmt::format(R"({},id="{}",backend="{}",precision="{}",runtime="{}")", label,
                            Escaped(metrics.model_id), metrics.backend, metrics.precision,
                            Escaped(metrics.runtime)),
                1);
  }
  if (models.empty()) return;
  out->Begin("vetor_resident_bytes", "gauge", "Memory of the process.");
  out->Sample("", models.front().second.resident_bytes);
}

}  // namespace

std::string PrometheusText(const ApiState& state) {
  std::vector<Snapshot> models;
  for (const ServedEntry* entry : state.models->Opened()) {
    models.emplace_back(fmt::format(R"(model="{}")", Escaped(entry->name)),
                        entry->service().metrics());
  }
  TextWriter out;
  const RequestCounts counts = state.counters.counts();
  WriteRequests(counts, &out);
  WriteLoad(state, counts, &out);
  WriteCounters(models, &out);
  WriteCache(models, &out);
  WriteStages(models, &out);
  WriteModels(models, &out);
  return out.Take();
}

}  // namespace vetor
