// One node, with the meanings of what it reads, on its way to the meaning of what it gives.
#pragma once

#include <cstddef>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encoder/recogniser/symbol.h"
#include "formats/onnx/graph_reader.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// Symbols stay where they are: two values are the same if their pointers are.
struct SymbolStore {
  std::deque<Symbol> symbols;
  size_t tables = 0;  ///< How many of them are kByDistance, which take 8 kB each.
};

/// A rule's answer to a node that it does not know. The caller adds the node's name.
Status Unfit(const std::string& expected);

/// Whether the operator is one that ONNX Runtime adds to those of ONNX.
bool IsOfRuntime(const OnnxNodeView& node);

/// `node "/layer.0/Add" ("Add")`, and `("Attention" of "com.microsoft")` for another domain; a node
/// without a name has that of its first output.
std::string DescribeNode(const OnnxNodeView& node);

/// A number as float32 holds it; infinite beyond its range.
double RoundToFloat(double number);

/// Whether a factor is so near to 1 that a value times it stays what it is: by a tiny factor a
/// graph loses what another factor cannot bring back.
bool IsPlainFactor(double factor);

class NodeCall {
 public:
  NodeCall(const OnnxNodeView& called, int64_t version, SymbolStore* store)
      : node(called), opset(version), outputs(called.outputs.size()), store_(*store) {}

  const OnnxNodeView& node;
  const int64_t opset;
  std::vector<const Symbol*> inputs;  ///< Null: left out.
  std::vector<const Symbol*> outputs;

  /// Null if there is no such input.
  const Symbol* in(size_t i) const { return i < inputs.size() ? inputs[i] : nullptr; }
  bool is(size_t i, Kind kind) const { return in(i) != nullptr && in(i)->kind == kind; }

  const Symbol* New(Symbol symbol) {
    symbol.made_by = &node;
    return &store_.symbols.emplace_back(std::move(symbol));
  }
  /// Counts a table by distance; false if the graph has too many.
  bool TakeTable() {
    constexpr size_t kMostTables = 256;
    return ++store_.tables <= kMostTables;
  }
  Status Give(Symbol symbol) { return Pass(New(std::move(symbol))); }
  Status Pass(const Symbol* symbol) {
    if (!outputs.empty()) outputs[0] = symbol;
    return Status();
  }

  /// UNIMPLEMENTED if it has another attribute than these.
  Status Only(std::initializer_list<std::string_view> attributes) const;
  /// An attribute; nullopt without it. Throws ProtoError.
  std::optional<int64_t> Int(std::string_view attribute) const;

  /// The whole numbers of an input; nullopt if they are not known.
  std::optional<std::vector<int64_t>> Numbers(size_t input) const;
  /// The axes of input 0 that an attribute or, from `since` on, an input says, counted from the
  /// front and ascending; nullopt if they are impossible or `rank` is exceeded. `missing`: without
  /// either.
  std::optional<std::vector<size_t>> Axes(int64_t since, size_t input, size_t rank) const;
  /// `axis` counted from the front; nullopt if there is no such axis.
  static std::optional<size_t> Axis(int64_t axis, size_t rank);

 private:
  SymbolStore& store_;
};

/// Whether two factors are the same but for float32's rounding.
bool Near(double a, double b);

/// A float constant that is one number; nullopt for others.
std::optional<double> NumberOf(const Symbol* symbol);

/// Whether a constant vector belongs to the last axis of a value of this shape.
bool IsVectorFor(const Symbol* tensor, const Shape& shape);

/// [features] out of [1, 1, features].
TensorView AsVector(const TensorView& tensor);

}  // namespace vetor::recogniser
