#include "encoder/forward/forward_pass.h"

#include <algorithm>
#include <vector>

#include "base/status_macros.h"
#include "kernels/flush_denormals.h"

namespace vetor {
namespace {

// Tokens that go through the layers together: their rows, a panel and the next one lie in a
// second-level cache of 1 MiB. Groups of 256 tokens lose 1 to 2 % (MiniLM, Zen 4).
constexpr size_t kGroupTokens = PassScratch::kBlockRows;

// A norm over fewer rows is not worth sharing.
constexpr size_t kSharedNormRows = 48;

struct TextRows {
  size_t begin;
  size_t end;
  size_t tokens() const { return end - begin; }
};

/// The pass of one group. Its members are the state that the steps share.
class GroupPass {
 public:
  GroupPass(const PackedEncoder& encoder, PassScratch* scratch, CoreTeam::Session* team)
      : encoder_(encoder), kernels_(encoder.kernels()), scratch_(*scratch), team_(*team) {}

  Status Run(std::span<const TextTokens> texts, float* states);

 private:
  // Rows [first, first + count) of the group.
  struct RowBlock {
    size_t first;
    size_t count;
  };

  void Embed(std::span<const TextTokens> texts);
  void Attention(const PackedLayer& layer);
  void TurnHeads(const PackedAttention& attention);
  void AttendTexts(const PackedAttention& attention);
  void AttentionOutput(const PackedLayer& layer, RowBlock block);
  void FeedForward(const PackedLayer& layer, RowBlock block);
  void Inner(const PackedLayer& layer, const ProductCall& rows, size_t part);
  float* InnerPlace(const PackedLayer& layer, size_t part) const;
  void Down(const InnerPart& part, ProductCall call);
  void Norm(const PackedNorm& norm, NormCall call);
  void Multiply(const PackedLinear& linear, ProductCall call);
  float* HeadBlock(const PackedAttention& attention, size_t block) {
    return scratch_.heads + block * rows_ * attention.head_width;
  }
  float* Row(float* rows, size_t row) const { return rows + row * scratch_.x_stride; }
  template <typename Work>
  void ForBlocks(const Work& work);

  const PackedEncoder& encoder_;
  const KernelSet& kernels_;
  PassScratch& scratch_;
  CoreTeam::Session& team_;
  std::vector<TextRows> texts_;
  size_t rows_ = 0;
};

template <typename Work>
void GroupPass::ForBlocks(const Work& work) {
  const size_t blocks = (rows_ + PassScratch::kBlockRows - 1) / PassScratch::kBlockRows;
  for (size_t b = 0; b < blocks; ++b) {
    const size_t first = rows_ * b / blocks;
    work(RowBlock{first, rows_ * (b + 1) / blocks - first});
  }
}

void GroupPass::Multiply(const PackedLinear& linear, ProductCall call) {
  call.depth = linear.depth;
  call.panels = encoder_.at(linear.panels);
  if (linear.bias) call.bias = encoder_.at(*linear.bias);
  // The weights that are read next lie directly behind, because weights are packed in the order of
  // use.
  call.next_panel = call.panels + linear.panel_count * PanelWords(kernels_, linear.depth);
  call.encoded_stride = EncodedStride(kernels_, linear.depth);
  auto work = [&](size_t member, size_t first, size_t last) {
    ProductCall part = call;
    part.encoded = scratch_.members[member].encoded;
    part.first_panel = first;
    part.last_panel = last;
    kernels_.product(part);
  };
  team_.Run(linear.panel_count, work);
}

void GroupPass::Norm(const PackedNorm& norm, NormCall call) {
  call.width = encoder_.hidden();
  call.weight = encoder_.at(norm.weight);
  call.bias = encoder_.at(norm.bias);
  call.epsilon = norm.epsilon;
  call.centred = norm.centred;
  auto work = [&](size_t, size_t first, size_t last) {
    NormCall part = call;
    part.source += first * call.source_stride;
    part.target += first * call.target_stride;
    part.row_count = last - first;
    kernels_.normalize(part);
  };
  if (call.row_count < kSharedNormRows) return work(0, 0, call.row_count);
  team_.Run(call.row_count, work);
}

void GroupPass::Embed(std::span<const TextTokens> texts) {
  for (size_t t = 0; t < texts.size(); ++t) {
    EmbedText(encoder_.encoder(), texts[t], Row(scratch_.x, texts_[t].begin), scratch_.x_stride);
  }
  if (!encoder_.embedding_norm()) return;
  const size_t stride = scratch_.x_stride;
  Norm(*encoder_.embedding_norm(), {scratch_.x, stride, scratch_.x, stride, rows_});
}

// Per-head norms and rotation of queries and keys.
void GroupPass::TurnHeads(const PackedAttention& attention) {
  if (!attention.query_norm && !attention.key_norm && !attention.rotary) return;
  const size_t width = attention.head_width;
  const size_t turned = attention.group_blocks() - 1;  // All blocks but the value.
  auto work = [&](size_t, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      const size_t in_group = i % turned;
      float* const head = HeadBlock(attention, i / turned * attention.group_blocks() + in_group);
      const auto& norm = in_group + 1 == turned ? attention.key_norm : attention.query_norm;
      if (norm) {
        kernels_.normalize({head, width, head, width, rows_, attention.head_dim,
                            encoder_.at(norm->weight), encoder_.at(norm->bias), norm->epsilon,
                            norm->centred});
      }
      if (!attention.rotary) continue;
      const Rotary& rotary = encoder_.rotaries()[*attention.rotary];
      const RotationTable& table = scratch_.rotations[*attention.rotary];
      for (const TextRows& text : texts_) {
        kernels_.rotate({head + text.begin * width, width, text.tokens(),
                         static_cast<size_t>(rotary.rotated_dim) / 2, table.cosines.data(),
                         table.sines.data()});
      }
    }
  };
  team_.Run(attention.key_value_heads * turned, work);
}

// Works text by text and head by head. Heads that share a key follow each other, so that the key is
// prepared once.
void GroupPass::AttendTexts(const PackedAttention& attention) {
  const size_t width = attention.head_width;
  const size_t shared_by = attention.shared_by();
  auto work = [&](size_t member, size_t first, size_t last) {
    const MemberScratch& scratch = scratch_.members[member];
    const float* prepared = nullptr;
    for (size_t i = first; i < last; ++i) {
      const TextRows& text = texts_[i / attention.heads];
      const size_t head = i % attention.heads;
      const size_t group = head / shared_by * attention.group_blocks();
      const size_t offset = text.begin * width;
      const float* const keys = HeadBlock(attention, group + shared_by) + offset;
      const float* const values = HeadBlock(attention, group + shared_by + 1) + offset;
      if (keys != prepared) {
        kernels_.prepare_keys({keys, values, text.tokens(), width, scratch.keys});
      }
      prepared = keys;
      AttentionCall call;
      call.tokens = text.tokens();
      call.head_width = width;
      call.queries = HeadBlock(attention, group + head % shared_by) + offset;
      call.panels = scratch.keys;
      call.values = values;
      call.causal = attention.causal;
      call.window = attention.window;
      call.bias = encoder_.relative_bias(head);
      call.scores = scratch.scores;
      call.context = scratch_.context + text.begin * scratch_.context_stride + head * width;
      call.context_stride = scratch_.context_stride;
      kernels_.attend(call);
    }
  };
  team_.Run(texts_.size() * attention.heads, work);
}

void GroupPass::Attention(const PackedLayer& layer) {
  const PackedAttention& attention = layer.attention;
  const size_t stride = scratch_.x_stride;
  ForBlocks([&](RowBlock block) {
    ProductCall call;
    call.rows = Row(scratch_.x, block.first);
    if (layer.attention_in_norm) {
      float* const normed = Row(scratch_.normed, block.first);
      Norm(*layer.attention_in_norm, {call.rows, stride, normed, stride, block.count});
      call.rows = normed;
    }
    call.row_stride = stride;
    call.row_count = block.count;
    call.target = HeadBlock(attention, 0) + block.first * attention.head_width;
    call.target_stride = attention.head_width;
    call.panels_per_block = attention.head_width / kernels_.panel_columns;
    call.block_stride = rows_ * attention.head_width;
    Multiply(attention.projection, call);
  });
  TurnHeads(attention);
  AttendTexts(attention);
}

void GroupPass::AttentionOutput(const PackedLayer& layer, RowBlock block) {
  const size_t stride = scratch_.x_stride;
  float* const x = Row(scratch_.x, block.first);
  ProductCall call;
  call.rows = scratch_.context + block.first * scratch_.context_stride;
  call.row_stride = scratch_.context_stride;
  call.row_count = block.count;
  call.target = layer.attention_out_norm ? Row(scratch_.sums, block.first) : x;
  call.target_stride = call.added_stride = stride;
  if (!layer.attention_out_norm) call.added = x;
  Multiply(layer.attention.output, call);
  if (layer.attention_out_norm) {
    NormCall norm{call.target, stride, x, stride, block.count};
    norm.add = true;
    Norm(*layer.attention_out_norm, norm);
  }
  if (layer.attention_after_norm) {
    Norm(*layer.attention_after_norm, {x, stride, x, stride, block.count});
  }
}

// One thread uses each part of the inner columns while it is in the cache; a team computes them
// whole, so that it has to synchronise less often.
float* GroupPass::InnerPlace(const PackedLayer& layer, size_t part) const {
  if (!team_.entered()) return scratch_.inner;
  const InnerPart& inner = layer.inner[part];
  return scratch_.inner + inner.first_column / (inner.gated() ? 1 : kernels_.word_depths);
}

// activation(gate) * up of one part, or activation(up), which the lower product reads as it is
// stored. One thread has the rows encoded still that it has just read.
void GroupPass::Inner(const PackedLayer& layer, const ProductCall& rows, size_t part) {
  const InnerPart& inner = layer.inner[part];
  ProductCall call = rows;
  call.target = InnerPlace(layer, part);
  call.target_stride = scratch_.inner_stride;
  call.epilogue = layer.activation;
  if (inner.gated()) {
    Multiply(inner.gate, call);
    call.epilogue = Epilogue::kMultiply;
    call.encoded_before = !team_.entered();
  } else {
    call.encode_target = true;
    call.encoded_before = part > 0 && !team_.entered();
  }
  Multiply(inner.up, call);
}

void GroupPass::FeedForward(const PackedLayer& layer, RowBlock block) {
  const size_t stride = scratch_.x_stride;
  float* const x = Row(scratch_.x, block.first);
  float* const sums = Row(scratch_.sums, block.first);
  ProductCall rows;
  rows.rows = x;
  rows.row_stride = stride;
  rows.row_count = block.count;
  if (layer.feed_forward_in_norm) {
    float* const normed = Row(scratch_.normed, block.first);
    Norm(*layer.feed_forward_in_norm, {x, stride, normed, stride, block.count});
    rows.rows = normed;
  }
  // The lower product adds to x in place if no other step reads x meanwhile.
  const bool in_place = rows.rows != x && !layer.feed_forward_out_norm;
  ProductCall down;
  down.row_stride = scratch_.inner_stride;
  down.row_count = block.count;
  down.target = in_place ? x : sums;
  down.target_stride = down.added_stride = stride;
  const bool whole = team_.entered();
  for (size_t part = 0; whole && part < layer.inner.size(); ++part) Inner(layer, rows, part);
  for (size_t part = 0; part < layer.inner.size(); ++part) {
    if (!whole) Inner(layer, rows, part);
    down.rows = InnerPlace(layer, part);
    down.rows_encoded = !layer.inner[part].gated();
    down.added = part > 0 ? down.target : layer.feed_forward_out_norm ? nullptr : x;
    Multiply(layer.inner[part].down, down);
  }
  if (layer.feed_forward_out_norm) {
    NormCall norm{sums, stride, x, stride, block.count};
    norm.add = true;
    Norm(*layer.feed_forward_out_norm, norm);
  } else if (!in_place && !layer.feed_forward_after_norm) {
    std::copy(sums, sums + block.count * stride, x);
  }
  if (!layer.feed_forward_after_norm) return;
  const float* const source = in_place || layer.feed_forward_out_norm ? x : sums;
  Norm(*layer.feed_forward_after_norm, {source, stride, x, stride, block.count});
}

Status GroupPass::Run(std::span<const TextTokens> texts, float* states) {
  size_t longest = 0;
  rows_ = 0;
  for (const TextTokens& text : texts) {
    texts_.push_back({rows_, rows_ + text.ids.size()});
    rows_ += text.ids.size();
    longest = std::max(longest, text.ids.size());
  }
  VETOR_RETURN_IF_ERROR(scratch_.Reserve(encoder_, rows_, longest, team_.members()));
  Embed(texts);
  for (const PackedLayer& layer : encoder_.layers()) {
    Attention(layer);
    ForBlocks([&](RowBlock block) {
      AttentionOutput(layer, block);
      FeedForward(layer, block);
    });
  }
  const size_t hidden = encoder_.hidden();
  const size_t stride = scratch_.x_stride;
  if (encoder_.final_norm()) {
    Norm(*encoder_.final_norm(), {scratch_.x, stride, states, hidden, rows_});
    return Status();
  }
  for (size_t row = 0; row < rows_; ++row) {
    std::copy_n(Row(scratch_.x, row), hidden, states + row * hidden);
  }
  return Status();
}

}  // namespace

Status RunForwardPass(const PackedEncoder& encoder, std::span<const TextTokens> texts,
                      PassScratch* scratch, CoreTeam* team, std::span<float> states) {
  for (const TextTokens& text : texts) {
    VETOR_RETURN_IF_ERROR(CheckTokens(encoder.encoder(), text));
  }
  const ScopedFlushDenormals flush;
  CoreTeam::Session session(team);
  float* next = states.data();
  for (size_t first = 0; first < texts.size();) {
    size_t tokens = texts[first].ids.size();
    size_t last = first + 1;
    while (last < texts.size() && tokens + texts[last].ids.size() <= kGroupTokens) {
      tokens += texts[last++].ids.size();
    }
    GroupPass pass(encoder, scratch, &session);
    VETOR_RETURN_IF_ERROR(pass.Run(texts.subspan(first, last - first), next));
    next += tokens * encoder.hidden();
    first = last;
  }
  return Status();
}

}  // namespace vetor
