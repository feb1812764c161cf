// Tokens and their ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/compiled/table_file.h"
#include "tokenizer/json_node.h"
#include "vetor/status.h"

namespace vetor {

/// Token bytes lie one after the other; an open-addressed table of ids finds them by content
/// (16 bytes per token beside its own bytes). Immutable after building; thread-safe.
class Vocabulary {
 public:
  static constexpr int64_t kAbsent = -1;
  /// Largest id that is accepted, so that a file cannot make us allocate without bound; real ids
  /// stay below 300,000.
  static constexpr int64_t kMaxId = (1 << 24) - 1;

  Vocabulary() = default;

  /// An object of token to id. Errors name the key: not a number, negative,
  /// too large, or taken.
  static Result<Vocabulary> FromJson(const JsonNode& node);

  /// From `tables` if there are any, else from the "vocab" of a model object.
  static Result<Vocabulary> Read(const JsonNode& model, TableReader* tables);

  /// Tokens with the ids 0, 1, 2, ... If a token occurs twice, the later id counts.
  static Vocabulary FromList(const std::vector<std::string_view>& tokens);

  /// Adds the tables to a compiled file, or takes them from one, whose arrays they then use.
  /// Errors: DATA_LOSS; every place is checked, so that no file makes a read go astray.
  void Save(TableWriter* tables) const;
  static Result<Vocabulary> Load(TableReader* tables);

  /// The id, or kAbsent.
  int64_t Find(std::string_view token) const;

  /// The token, or an empty view if the id does not exist.
  std::string_view Token(int64_t id) const;

  bool Contains(int64_t id) const;

  /// Number of tokens.
  size_t size() const { return size_; }
  /// One more than the largest id.
  size_t id_bound() const { return begins_.size(); }

 private:
  struct Entry {
    std::string_view token;
    uint32_t id;
  };
  static Status CheckIdsAreUnique(const std::vector<Entry>& entries, const JsonNode& node);
  static Vocabulary Build(const std::vector<Entry>& entries);
  void Insert(uint32_t id, std::vector<uint32_t>* slots);
  Status CheckPlaces() const;

  static constexpr uint32_t kNoToken = UINT32_MAX;

  FlatArray<char> bytes_;
  FlatArray<uint32_t> begins_;  // by id; kNoToken: no such id
  FlatArray<uint32_t> sizes_;   // by id
  FlatArray<uint32_t> slots_;   // hash to id, kNoToken: free; a power of two, at most half full
  size_t size_ = 0;
};

}  // namespace vetor
