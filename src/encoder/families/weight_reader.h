// Reads a family's parts out of a checkpoint: config.json's values and tensors by name and shape.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encoder/encoder.h"
#include "vetor/status.h"

namespace vetor {

/// Both ends are allowed.
struct Range {
  double low = 0;
  double high = 0;
};

/// A value of config.json as it is written there, fit for a message: cut after 120 bytes.
std::string Shown(const boost::json::value& value);

/// Whether a part has a bias, by its family's definition; a file that lacks a needed bias is
/// damaged or belongs to another model, and zeros in its place would give wrong vectors.
enum class Bias { kNeeded, kNone };

/// The first failure is kept: from then on every read gives an empty value, and status() says what
/// was wrong. So a family reads everything and checks once. Not thread-safe.
class WeightReader {
 public:
  /// `marker` is the name of a tensor that the family always has. Checkpoints hold the encoder
  /// under a prefix: that of a task model ("bert.", "model."), that of a training program
  /// ("module.",
  /// "_orig_mod.", "0.auto_model."), or several in a row. The prefix under which `marker` is found
  /// is put before every name.
  WeightReader(const Checkpoint& checkpoint, std::string_view marker);

  const Status& status() const { return status_; }
  /// Records a failure if it is the first. For UNIMPLEMENTED it adds what the user can do.
  void Fail(Status status);

  /// A whole number of config.json, within the bounds of its key: two of them can be added, and one
  /// multiplied by a small factor, without overflow. Without a default the key must be there.
  int Int(std::string_view key, std::optional<int> otherwise = std::nullopt);
  /// `low` <= number <= `high`.
  double Number(std::string_view key, std::optional<double> otherwise, Range range);
  /// The epsilon of a norm: 0 to 1.
  double Epsilon(std::string_view key, double otherwise) { return Number(key, otherwise, {0, 1}); }
  /// `a` * `b`, e.g. heads and components of a head. Fails if no tensor can have so many rows.
  int Product(int a, int b);
  bool Flag(std::string_view key, bool otherwise);
  std::string Text(std::string_view key, std::string_view otherwise);
  /// Null if the key is absent or null.
  const boost::json::value* Find(std::string_view key) const;

  /// UNIMPLEMENTED names an unknown activation and the known ones.
  Activation ReadActivation(std::string_view key, std::string_view otherwise);
  /// `hidden` divided by `heads`: INVALID_ARGUMENT if it does not divide evenly.
  int HeadDim(int hidden, int heads);
  /// UNIMPLEMENTED unless config.json leaves `key` out or gives it this value.
  void Require(std::string_view key, const boost::json::value& expected);

  bool Has(std::string_view name) const;
  /// NOT_FOUND, or INVALID_ARGUMENT with both shapes.
  TensorView Tensor(const std::string& name, const std::vector<uint64_t>& shape);
  /// kNeeded if the flag `key` of config.json is true.
  Bias FlaggedBias(std::string_view key, bool otherwise);
  /// name + ".weight" [out, in] and name + ".bias". A bias that the family does not have is ignored
  /// if a file has one, as transformers does.
  LinearWeights Linear(const std::string& name, int out, int in, Bias bias = Bias::kNeeded);
  /// name + ".weight" and ".bias", or ".gamma" and ".beta" as in early BERT files.
  NormWeights LayerNorm(const std::string& name, int features, double epsilon,
                        Bias bias = Bias::kNeeded);
  NormWeights RmsNorm(const std::string& name, int features, double epsilon);
  /// [out, in] rows [begin, begin + out) of a fused linear layer, e.g. Wqkv.
  LinearWeights LinearRows(const LinearWeights& fused, int begin, int out);

 private:
  const Checkpoint& checkpoint_;
  std::string prefix_;
  Status status_;
};

}  // namespace vetor
