// A set of byte strings with values, which finds those strings that begin a text. It is a double
// array (Aoe 1989) with XOR transitions. A branch that leads to only one key is stored as that
// key's tail.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/compiled/table_file.h"

namespace vetor {

/// Immutable after Build; thread-safe. 12 bytes per node, about 1.5 nodes per key for real
/// vocabularies.
class PrefixTrie {
 public:
  struct Key {
    std::string_view bytes;  ///< Not empty.
    int32_t value;           ///< Not negative.
  };

  struct Match {
    int32_t value = -1;  ///< -1 if no key begins the text.
    size_t size = 0;     ///< How many bytes the key has.
  };

  PrefixTrie() = default;

  /// If a key occurs twice, the first is kept.
  static PrefixTrie Build(const std::vector<Key>& keys);

  /// Adds the tables to a compiled file, or takes them from one and uses its arrays. Every place is
  /// checked, and that values lie below `value_bound`. Errors: DATA_LOSS.
  void Save(TableWriter* tables) const;
  static Result<PrefixTrie> Load(TableReader* tables, size_t value_bound);

  /// Calls visit(value, size) for every key that begins `text`, shortest first.
  template <typename Visit>
  void ForEachPrefix(std::string_view text, const Visit& visit) const;

  /// The longest key that begins `text`.
  Match Longest(std::string_view text) const {
    Match longest;
    ForEachPrefix(text, [&](int32_t value, size_t size) { longest = {value, size}; });
    return longest;
  }

  size_t bytes() const { return nodes_.size() * sizeof(Node) + tails_.size(); }

 private:
  friend class PrefixTrieBuilder;

  static constexpr uint32_t kTail = 1U << 31;
  static constexpr uint32_t kFree = UINT32_MAX;
  static constexpr size_t kLongestTail = 255;

  // The child for byte b lies at base ^ b and names its parent in `parent`. If kTail is set, base
  // is the place of the tail in tails_: its size in one byte, then its bytes. `value` counts if the
  // tail matches.
  struct Node {
    uint32_t base = 0;
    uint32_t parent = kFree;
    int32_t value = -1;
  };

  Status CheckPlaces(size_t value_bound) const;

  FlatArray<Node> nodes_;
  FlatArray<char> tails_;
};

template <typename Visit>
void PrefixTrie::ForEachPrefix(std::string_view text, const Visit& visit) const {
  if (nodes_.empty()) return;
  uint32_t at = 0;
  uint32_t base = nodes_[0].base;
  for (size_t i = 0; i < text.size();) {
    const uint32_t child = base ^ static_cast<unsigned char>(text[i]);
    const Node& node = nodes_[child];
    if (node.parent != at) return;
    ++i;
    if (node.base & kTail) {
      const char* tail = tails_.data() + (node.base & ~kTail);
      const size_t size = static_cast<unsigned char>(*tail);
      if (text.size() - i >= size && std::memcmp(text.data() + i, tail + 1, size) == 0) {
        visit(node.value, i + size);
      }
      return;
    }
    if (node.value >= 0) visit(node.value, i);
    at = child;
    base = node.base;
  }
}

}  // namespace vetor
