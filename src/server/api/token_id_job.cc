#include "server/api/token_id_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/counted.h"
#include "base/exceptions.h"
#include "server/api/token_id_texts.h"

namespace vetor {
namespace {

constexpr std::string_view kField = "input";

// Of an id and of a list while their request is read.
constexpr uint64_t kBytesPerId = sizeof(int64_t);
constexpr uint64_t kBytesPerList = 64;
// Of an id while the text of its list is made: its token is a string, and becomes an id again.
constexpr uint64_t kWorkBytesPerId = 48;
// Encoding a text costs as much as the JSON of so many texts.
constexpr uint64_t kEncodeCost = 64;

struct TokenIdJob {
  explicit TokenIdJob(std::shared_ptr<Exchange> given)
      : exchange(std::move(given)), held(exchange->state().options.budget) {}

  const std::shared_ptr<Exchange> exchange;
  EmbedRequest request;
  std::vector<std::vector<int64_t>> lists;
  StartWithTexts start;
  HeldBytes held;
};

struct TokenIdCosts {
  uint64_t held = 0;  ///< Bytes while the ids are read: all ids and texts, and one list's work.
  uint64_t work = 0;  ///< As WorkLanes counts it.
};

TokenIdCosts CostsOf(const Tokenizer& tokenizer, const std::vector<std::vector<int64_t>>& lists) {
  TokenIdCosts costs;
  uint64_t most_of_one_list = 0;
  for (const std::vector<int64_t>& list : lists) {
    uint64_t bytes = list.size();  // A space per token.
    for (const int64_t id : list) bytes += tokenizer.IdToToken(id).size();
    costs.held += kBytesPerList + kBytesPerId * list.size() + bytes;
    costs.work += kEncodeCost * (bytes + 1);
    most_of_one_list = std::max(most_of_one_list, kWorkBytesPerId * list.size() + bytes);
  }
  costs.held += most_of_one_list;
  return costs;
}

ApiError Refusal(Family family, const Status& status, size_t lists, size_t at) {
  ApiError error = ErrorFromStatus(family, status);
  if (status.code() != StatusCode::kInvalidArgument) return error;
  error.message =
      fmt::format("field \"{}\"{} does not hold ids that this model gives for a text: {}", kField,
                  lists > 1 ? fmt::format("[{}]", at) : "", status.message());
  error.code = "token_ids_not_of_this_model";
  error.param = kField;
  return error;
}

void ReadAndStart(TokenIdJob* job) {
  const TokenIdTexts texts(*job->request.entry->model.tokenizer);
  job->request.texts.reserve(job->lists.size());
  for (size_t i = 0; i < job->lists.size(); ++i) {
    const Status wanted = job->exchange->CheckWanted();
    if (!wanted.ok()) return job->exchange->Fail(wanted);
    Result<std::string> text = texts.TextOf(job->lists[i]);
    if (!text.ok()) {
      return job->exchange->Fail(
          Refusal(job->exchange->family(), text.status(), job->lists.size(), i));
    }
    job->request.texts.push_back(*std::move(text));
    std::vector<int64_t>().swap(job->lists[i]);
  }
  job->start(job->exchange, std::move(job->request));
}

void RunSafely(TokenIdJob* job) {
  if (job->exchange->answered() || job->exchange->FailIfLate()) return;
  const Status status = CatchExceptions([job] {
    ReadAndStart(job);
    return Status();
  });
  if (!status.ok()) job->exchange->Fail(status);
}

}  // namespace

bool TakesTokenIds(std::string_view name, const ServedEntry& entry, const Exchange& exchange,
                   RequestFields* fields) {
  if (exchange.state().options.config.token_ids != TokenIdInput::kModel) return false;
  if (!fields->HoldsIds(name)) return false;
  if (entry.model.tokenizer != nullptr) return true;
  fields->Refuse(name,
                 fmt::format("field \"{}\" holds token ids, and the model {} has no tokenizer that "
                             "gives them; send texts",
                             name, entry.name),
                 "token_ids_not_supported");
  return false;
}

void StartTokenIdJob(std::shared_ptr<Exchange> exchange, EmbedRequest request,
                     std::vector<std::vector<int64_t>> lists, StartWithTexts start) {
  const TokenIdCosts costs = CostsOf(*request.entry->model.tokenizer, lists);
  const auto job = std::make_shared<TokenIdJob>(std::move(exchange));
  job->request = std::move(request);
  job->lists = std::move(lists);
  job->start = std::move(start);
  const std::string what = Counted(job->lists.size(), "list") + " of token ids";
  if (!job->exchange->HoldReading(what, costs.held, &job->held)) return;
  job->exchange->state().lanes.Post(costs.work, [job] { RunSafely(job.get()); });
}

}  // namespace vetor
