#include "tokenizer/prefix_trie.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr uint32_t kBlock = 256;
// Free slots are sought only in the last blocks. So building stays linear, and the array is at most
// a few percent larger than after a full search.
constexpr uint32_t kOpenBlocks = 16;

struct SortKey {
  uint64_t head;  // the first eight bytes, big-endian, so that numbers compare as the strings do
  uint32_t index;
};

uint64_t HeadOf(std::string_view bytes) {
  uint64_t head = 0;
  for (size_t i = 0; i < 8; ++i) {
    head = head << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
  }
  return head;
}

std::vector<PrefixTrie::Key> Sorted(const std::vector<PrefixTrie::Key>& keys) {
  std::vector<SortKey> places(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    places[i] = {HeadOf(keys[i].bytes), static_cast<uint32_t>(i)};
  }
  std::sort(places.begin(), places.end(), [&](const SortKey& a, const SortKey& b) {
    if (a.head != b.head) return a.head < b.head;
    const int order = keys[a.index].bytes.compare(keys[b.index].bytes);
    return order != 0 ? order < 0 : a.index < b.index;
  });
  std::vector<PrefixTrie::Key> sorted;
  sorted.reserve(keys.size());
  for (const SortKey& key : places) {
    if (sorted.empty() || sorted.back().bytes != keys[key.index].bytes) {
      sorted.push_back(keys[key.index]);
    }
  }
  return sorted;
}

}  // namespace

// Places the nodes of sorted keys, depth first. The free slots of the open blocks form a ring
// through next_ and previous_, which is entered at head_.
class PrefixTrieBuilder {
 public:
  PrefixTrieBuilder(std::vector<PrefixTrie::Key> keys, PrefixTrie* trie)
      : keys_(std::move(keys)), trie_(trie) {}

  void Build() {
    AddBlock();
    Take(0);
    stack_.push_back({0, 0, static_cast<uint32_t>(keys_.size()), 0});
    while (!stack_.empty()) {
      const Range range = stack_.back();
      stack_.pop_back();
      Place(range);
    }
    nodes_.shrink_to_fit();
    tails_.shrink_to_fit();
    trie_->nodes_ = FlatArray<Node>(std::move(nodes_));
    trie_->tails_ = FlatArray<char>(std::move(tails_));
  }

 private:
  using Node = PrefixTrie::Node;

  // Keys [begin, end) share their first `depth` bytes, which lead to `node`.
  struct Range {
    uint32_t node;
    uint32_t begin;
    uint32_t end;
    uint32_t depth;
  };

  void Place(Range range) {
    if (range.begin < range.end && keys_[range.begin].bytes.size() == range.depth) {
      nodes_[range.node].value = keys_[range.begin].value;
      ++range.begin;
    } else if (range.end - range.begin == 1 && range.depth > 0 && PlaceTail(range)) {
      return;
    }
    if (range.begin == range.end) return;
    labels_.clear();
    starts_.clear();
    for (uint32_t i = range.begin; i < range.end; ++i) {
      const auto label = static_cast<unsigned char>(keys_[i].bytes[range.depth]);
      if (labels_.empty() || labels_.back() != label) {
        labels_.push_back(label);
        starts_.push_back(i);
      }
    }
    starts_.push_back(range.end);
    const uint32_t base = FindBase();
    nodes_[range.node].base = base;
    for (size_t i = 0; i < labels_.size(); ++i) {
      const uint32_t child = base ^ labels_[i];
      Take(child);
      nodes_[child].parent = range.node;
      stack_.push_back({child, starts_[i], starts_[i + 1], range.depth + 1});
    }
  }

  bool PlaceTail(const Range& range) {
    const PrefixTrie::Key& key = keys_[range.begin];
    const std::string_view tail = key.bytes.substr(range.depth);
    if (tail.size() > PrefixTrie::kLongestTail) return false;
    Node& node = nodes_[range.node];
    node.base = PrefixTrie::kTail | static_cast<uint32_t>(tails_.size());
    node.value = key.value;
    tails_.push_back(static_cast<char>(tail.size()));
    tails_.insert(tails_.end(), tail.begin(), tail.end());
    return true;
  }

  // Finds a base for which the slot of every label is free.
  uint32_t FindBase() {
    if (head_ != kNone) {
      uint32_t slot = head_;
      do {
        const uint32_t base = slot ^ labels_[0];
        const bool fits = std::all_of(labels_.begin(), labels_.end(),
                                      [&](unsigned char label) { return IsFree(base ^ label); });
        if (fits) return base;
        slot = next_[slot];
      } while (slot != head_);
    }
    return AddBlock();
  }

  bool IsFree(uint32_t slot) const { return next_[slot] != kNone; }

  // Appends a block of free slots and returns its first slot; closes the oldest open block.
  uint32_t AddBlock() {
    const auto begin = static_cast<uint32_t>(nodes_.size());
    nodes_.resize(begin + kBlock);
    next_.resize(begin + kBlock, kNone);
    previous_.resize(begin + kBlock, kNone);
    for (uint32_t slot = begin; slot < begin + kBlock; ++slot) Release(slot);
    if (begin / kBlock >= kOpenBlocks) {
      const uint32_t closed = begin - kOpenBlocks * kBlock;
      for (uint32_t slot = closed; slot < closed + kBlock; ++slot) {
        if (IsFree(slot)) Take(slot);
      }
    }
    return begin;
  }

  void Release(uint32_t slot) {
    if (head_ == kNone) {
      head_ = next_[slot] = previous_[slot] = slot;
      return;
    }
    const uint32_t last = previous_[head_];
    next_[last] = slot;
    previous_[slot] = last;
    next_[slot] = head_;
    previous_[head_] = slot;
  }

  void Take(uint32_t slot) {
    if (next_[slot] == slot) {
      head_ = kNone;
    } else {
      if (head_ == slot) head_ = next_[slot];
      next_[previous_[slot]] = next_[slot];
      previous_[next_[slot]] = previous_[slot];
    }
    next_[slot] = previous_[slot] = kNone;
  }

  static constexpr uint32_t kNone = UINT32_MAX;

  std::vector<PrefixTrie::Key> keys_;
  PrefixTrie* trie_;
  std::vector<Node> nodes_;
  std::vector<char> tails_;
  std::vector<Range> stack_;
  std::vector<unsigned char> labels_;
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> next_;
  std::vector<uint32_t> previous_;
  uint32_t head_ = kNone;
};

PrefixTrie PrefixTrie::Build(const std::vector<Key>& keys) {
  PrefixTrie trie;
  if (!keys.empty()) PrefixTrieBuilder(Sorted(keys), &trie).Build();
  return trie;
}

void PrefixTrie::Save(TableWriter* tables) const {
  tables->Add(nodes_.view());
  tables->Add(tails_.view());
}

Result<PrefixTrie> PrefixTrie::Load(TableReader* tables, size_t value_bound) {
  PrefixTrie trie;
  VETOR_RETURN_IF_ERROR(tables->Take(&trie.nodes_));
  VETOR_RETURN_IF_ERROR(tables->Take(&trie.tails_));
  VETOR_RETURN_IF_ERROR(trie.CheckPlaces(value_bound));
  return trie;
}

Status PrefixTrie::CheckPlaces(size_t value_bound) const {
  // A search begins with the children of the root, which therefore has no tail.
  bool fits = nodes_.size() % kBlock == 0 && (nodes_.empty() || (nodes_[0].base & kTail) == 0);
  for (const Node& node : nodes_) {
    fits &= node.value < 0 || static_cast<size_t>(node.value) < value_bound;
    if (node.base & kTail) {
      const uint32_t tail = node.base & ~kTail;
      fits &= tail < tails_.size() && node.value >= 0 &&
              tails_.size() - tail > static_cast<unsigned char>(tails_[tail]);
    } else {
      fits &= node.base < nodes_.size();  // and so its whole block does
    }
    if (!fits) return BrokenTable("a node of the trie points outside");
  }
  return Status();
}

}  // namespace vetor
