#include "bulk/block_embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/text_number.h"

namespace vetor {
namespace {

// The first number that rounds to infinity in float16.
constexpr float kBeyondHalf = 65520.0F;

class BlockEmbedding {
 public:
  BlockEmbedding(EmbeddingsService* service, const EmbedFilesOptions& options,
                 const std::string& input_name, WorkBlock* block)
      : service_(*service), options_(options), input_name_(input_name), block_(*block) {}

  Status Run(const std::function<void(size_t done)>& progress) {
    const bool fails = options_.on_error == OnRowError::kFail;
    for (size_t i = 0; i < rows().size(); ++i) {
      if (fails && !rows()[i].error.empty()) return InvalidArgumentError(rows()[i].error);
      if (rows()[i].error.empty() && !rows()[i].missing) places_.push_back(i);
    }
    VETOR_ASSIGN_OR_RETURN(Embeddings embedded, EmbedTexts(progress));
    PutIntoRows(std::move(embedded));
    MarkTruncated();
    return CheckRange();
  }

 private:
  std::vector<FileRow>& rows() { return block_.rows.rows; }

  // Embeds the texts that are left, until none of them is refused.
  Result<Embeddings> EmbedTexts(const std::function<void(size_t done)>& progress) {
    EmbedOptions call;
    call.stop = options_.stop;
    call.progress = [&progress](size_t done, size_t) { progress(done); };
    // A text that is too long is computed and then left out: so one call finds all of them.
    if (marks_long_texts()) call.on_long = OnLong::kTruncate;
    while (true) {
      std::vector<std::string_view> texts;
      texts.reserve(places_.size());
      for (const size_t place : places_) texts.emplace_back(rows()[place].text);
      Result<Embeddings> embedded = service_.Embed(texts, call);
      if (embedded.ok()) return embedded;
      VETOR_RETURN_IF_ERROR(LeaveOut(embedded.status()));
    }
  }

  // Takes the text out that the service refuses; returns the error if it names none, or if the job
  // ends at it.
  Status LeaveOut(const Status& refused) {
    const auto text = TakeTextError(refused.message());
    const bool of_text =
        refused.code() == StatusCode::kInvalidArgument || refused.code() == StatusCode::kInternal;
    if (!text || !of_text || text->index >= places_.size()) return refused;
    const size_t place = places_[text->index];
    const std::string message = PlaceOf(place) + text->rest;
    if (options_.on_error == OnRowError::kFail) return Status(refused.code(), message);
    Fail(place, message);
    places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(text->index));
    return Status();
  }

  void PutIntoRows(Embeddings embedded) {
    const size_t dim = service_.dim();
    if (places_.size() == rows().size()) {
      block_.vectors = std::move(embedded.values);
      block_.texts = std::move(embedded.texts);
      return;
    }
    block_.vectors.assign(rows().size() * dim, std::numeric_limits<float>::quiet_NaN());
    block_.texts.assign(rows().size(), {});
    for (size_t i = 0; i < places_.size(); ++i) {
      std::copy_n(embedded.row(i).begin(), dim, VectorOf(places_[i]).begin());
      block_.texts[places_[i]] = embedded.texts[i];
    }
  }

  void MarkTruncated() {
    if (!marks_long_texts()) return;
    for (const size_t place : places_) {
      if (!block_.texts[place].truncated) continue;
      Fail(place, fmt::format("{}the text has more than {} tokens, the maximum; shorten it, or set "
                              "on_long to \"truncate\" or \"window\"",
                              PlaceOf(place), service_.max_length()));
    }
  }

  // float16 ends at 65504, which the components of vectors without length 1 may exceed.
  Status CheckRange() {
    if (options_.output_dtype != VectorDtype::kFloat16) return Status();
    for (size_t place = 0; place < rows().size(); ++place) {
      const std::span<float> vector = VectorOf(place);
      const auto large = std::find_if(vector.begin(), vector.end(),
                                      [](float value) { return std::fabs(value) >= kBeyondHalf; });
      if (large == vector.end()) continue;
      const std::string message = fmt::format(
          "{}component {} of the vector is {}, and float16 ends at 65504; set "
          "option output_dtype to \"float32\"",
          PlaceOf(place), large - vector.begin(), *large);
      if (options_.on_error == OnRowError::kFail) return InvalidArgumentError(message);
      Fail(place, message);
    }
    return Status();
  }

  void Fail(size_t place, std::string reason) {
    rows()[place].error = std::move(reason);
    if (block_.texts.empty()) return;
    const std::span<float> vector = VectorOf(place);
    std::fill(vector.begin(), vector.end(), std::numeric_limits<float>::quiet_NaN());
    block_.texts[place] = {};
  }

  std::span<float> VectorOf(size_t place) {
    return std::span(block_.vectors).subspan(place * service_.dim(), service_.dim());
  }

  std::string PlaceOf(size_t place) const {
    return fmt::format("{}, row {}: ", input_name_,
                       block_.first_row + block_.block_row + place + 1);
  }

  bool marks_long_texts() const {
    return options_.on_long == OnLong::kError && options_.on_error == OnRowError::kNull;
  }

  EmbeddingsService& service_;
  const EmbedFilesOptions& options_;
  const std::string& input_name_;
  WorkBlock& block_;
  std::vector<size_t> places_;  ///< The rows whose texts are embedded.
};

}  // namespace

Status EmbedBlock(EmbeddingsService* service, const EmbedFilesOptions& options,
                  const std::string& input_name, const std::function<void(size_t done)>& progress,
                  WorkBlock* block) {
  return BlockEmbedding(service, options, input_name, block).Run(progress);
}

}  // namespace vetor
