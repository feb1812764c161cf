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

/// The bytes of the tokens lie one after the other. An open-addressed table of ids finds a token by
/// its content; it takes 16 bytes per token beside the token's own bytes. Immutable after building;
/// thread-safe.
class Vocabulary {
 public:
  static constexpr int64_t kAbsent = -1;
  /// The largest id that is accepted, so that a file cannot make us allocate without bound. Real
  /// ids stay below 300,000.
  static constexpr int64_t kMaxId = (1 << 24) - 1;

  Vocabulary() = default;

  /// Reads an object that maps tokens to ids. Errors name the key whose id is not a number,
  /// negative, too large, or taken.
  static Result<Vocabulary> FromJson(const JsonNode& node);

  /// Takes it from `tables` if that is not null, otherwise from the "vocab" of a model object.
  static Result<Vocabulary> Read(const JsonNode& model, TableReader* tables);

  /// Gives the tokens the ids 0, 1, 2, ... If a token occurs twice, the later id counts.
  static Vocabulary FromList(const std::vector<std::string_view>& tokens);

  /// Adds the tables to a compiled file, or takes them from one and uses its arrays. Every place is
  /// checked, so that no file makes a read go astray. Errors: DATA_LOSS.
  void Save(TableWriter* tables) const;
  static Result<Vocabulary> Load(TableReader* tables);

  /// The id, or kAbsent.
  int64_t Find(std::string_view token) const;

  /// The token, or an empty view if the id does not exist.
  std::string_view Token(int64_t id) const;

  bool Contains(int64_t id) const;

  /// The number of tokens.
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
  FlatArray<uint32_t> begins_;  // indexed by id; kNoToken if there is no such id
  FlatArray<uint32_t> sizes_;   // indexed by id
  // maps a hash to an id; kNoToken marks a free slot. The size is a power of two, at most half full
  FlatArray<uint32_t> slots_;
  size_t size_ = 0;
};

}  // namespace vetor
