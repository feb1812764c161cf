#include "formats/torch/pickle.h"

#include <array>
#include <unordered_set>
#include <utility>

#include "base/digest.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/torch/byte_cursor.h"

namespace vetor {
namespace {

constexpr int kNewestProtocol = 5;
constexpr uint32_t kMaxDimensions = 8;

enum class Function { kOrderedDict, kRebuildTensor, kRebuildParameter, kStorageType };

struct Global {
  std::string_view module;
  std::string_view name;
  Function function;
  std::optional<FloatFormat> format = std::nullopt;
};

constexpr std::array kGlobals = {
    Global{"collections", "OrderedDict", Function::kOrderedDict},
    Global{"torch._utils", "_rebuild_tensor_v2", Function::kRebuildTensor},
    Global{"torch._utils", "_rebuild_parameter", Function::kRebuildParameter},
    Global{"torch", "DoubleStorage", Function::kStorageType, FloatFormat::kFloat64},
    Global{"torch", "FloatStorage", Function::kStorageType, FloatFormat::kFloat32},
    Global{"torch", "HalfStorage", Function::kStorageType, FloatFormat::kFloat16},
    Global{"torch", "BFloat16Storage", Function::kStorageType, FloatFormat::kBFloat16},
    Global{"torch", "LongStorage", Function::kStorageType},
    Global{"torch", "IntStorage", Function::kStorageType},
    Global{"torch", "ShortStorage", Function::kStorageType},
    Global{"torch", "CharStorage", Function::kStorageType},
    Global{"torch", "ByteStorage", Function::kStorageType},
    Global{"torch", "BoolStorage", Function::kStorageType},
};

// Objects refer to each other by an index into one arena. A hostile pickle can make chains and
// cycles of any length, but nothing here follows them.
using Id = uint32_t;

enum class Kind : uint8_t {
  kNone,
  kBool,
  kInt,
  kString,
  kTuple,
  kDict,
  kGlobal,
  kStorage,
  kTensor
};

struct Object {
  Kind kind = Kind::kNone;
  uint32_t first = 0;  // Tuple: in elements_. Dict: in dicts_. Global, storage: in kGlobals.
                       // Tensor: in tensors_.
  uint32_t count = 0;  // Tuple: number of elements.
  int64_t number = 0;  // The value of an integer or boolean; for a storage, its number of elements.
  std::string_view text;  // The value of a string; for a storage, its key.
};

class StateDictMachine {
 public:
  explicit StateDictMachine(std::string_view pickle) : program_(pickle) {}

  Result<std::vector<PickledTensor>> Run();

 private:
  // Executes one opcode. Each of the three functions knows some opcodes, and says whether `code`
  // was one of them.
  Status Step(uint8_t code);
  Result<bool> StepConstant(uint8_t code);
  Result<bool> StepMemo(uint8_t code);
  Result<bool> StepContainer(uint8_t code);

  Status PushText(size_t length_bytes);
  Status PushLong();
  Status PushTuple(size_t count);
  Status PushGlobal(std::string_view module, std::string_view name);
  Status ReadGlobal();
  Status StackGlobal();
  Status Memoize(uint64_t slot);
  Status Recall(uint64_t slot);
  Status SetItems(size_t count);
  Status PersistentId();
  Status Reduce();
  Status Build();
  Result<PickledTensor> RebuildTensor(const Object& arguments);
  Result<std::vector<uint64_t>> Counts(Id id);

  Status Push(Object object);
  Result<Id> Pop();
  Result<size_t> PopMark();  // Returns how many objects lie above the mark.

  const Object& At(Id id) const { return objects_[id]; }
  const Object& Element(const Object& tuple, size_t i) const {
    return objects_[elements_[tuple.first + i]];
  }
  Result<std::vector<PickledTensor>> Tensors(const Object& root);

  ByteCursor program_;
  std::vector<Object> objects_;
  std::vector<Id> elements_;
  std::vector<std::vector<std::pair<Id, Id>>> dicts_;
  std::vector<PickledTensor> tensors_;
  std::vector<Id> stack_;
  std::vector<size_t> marks_;
  std::vector<std::optional<Id>> memo_;
};

Status Damaged(std::string_view what) {
  return DataLossError("its pickle is damaged: " + std::string(what));
}

Status NotAStateDict(std::string_view what) {
  return UnimplementedError("its pickle holds " + std::string(what) +
                            "; expected a dict of tensors");
}

Status StateDictMachine::Push(Object object) {
  if (objects_.size() >= kMaxPickleObjects) {
    return NotAStateDict("more than " + std::to_string(kMaxPickleObjects) + " objects");
  }
  stack_.push_back(static_cast<Id>(objects_.size()));
  objects_.push_back(object);
  return Status();
}

// Objects below a mark cannot be taken until the mark is gone.
Result<Id> StateDictMachine::Pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return Damaged("its stack runs empty");
  const Id id = stack_.back();
  stack_.pop_back();
  return id;
}

Result<size_t> StateDictMachine::PopMark() {
  if (marks_.empty()) return Damaged("a mark is missing");
  const size_t count = stack_.size() - marks_.back();
  marks_.pop_back();
  return count;
}

Status StateDictMachine::PushText(size_t length_bytes) {
  VETOR_ASSIGN_OR_RETURN(const uint64_t length, program_.TakeNumber(length_bytes));
  VETOR_ASSIGN_OR_RETURN(const std::string_view text, program_.Take(length));
  return Push({.kind = Kind::kString, .text = text});
}

// A number of up to 8 bytes in two's complement.
Status StateDictMachine::PushLong() {
  VETOR_ASSIGN_OR_RETURN(const uint64_t bytes, program_.TakeNumber(1));
  if (bytes > sizeof(int64_t)) return NotAStateDict("an integer of more than 64 bits");
  VETOR_ASSIGN_OR_RETURN(uint64_t number, program_.TakeNumber(bytes));
  const uint64_t unused = 64 - 8 * bytes;
  int64_t extended = 0;
  if (bytes > 0) extended = static_cast<int64_t>(number << unused) >> unused;
  return Push({.kind = Kind::kInt, .number = extended});
}

Status StateDictMachine::PushTuple(size_t count) {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - floor < count) return Damaged("its stack runs empty");
  if (elements_.size() + count > kMaxPickleObjects) return NotAStateDict("too many tuples");
  const auto first = static_cast<uint32_t>(elements_.size());
  elements_.insert(elements_.end(), stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return Push({.kind = Kind::kTuple, .first = first, .count = static_cast<uint32_t>(count)});
}

Status StateDictMachine::PushGlobal(std::string_view module, std::string_view name) {
  for (uint32_t i = 0; i < kGlobals.size(); ++i) {
    if (kGlobals[i].module == module && kGlobals[i].name == name) {
      return Push({.kind = Kind::kGlobal, .first = i});
    }
  }
  return NotAStateDict("a call of " + Quoted(std::string(module) + "." + std::string(name)));
}

Status StateDictMachine::ReadGlobal() {
  VETOR_ASSIGN_OR_RETURN(const std::string_view module, program_.TakeLine());
  VETOR_ASSIGN_OR_RETURN(const std::string_view name, program_.TakeLine());
  return PushGlobal(module, name);
}

Status StateDictMachine::StackGlobal() {
  VETOR_ASSIGN_OR_RETURN(const Id name, Pop());
  VETOR_ASSIGN_OR_RETURN(const Id module, Pop());
  if (At(name).kind != Kind::kString || At(module).kind != Kind::kString) {
    return Damaged("a name is not a string");
  }
  return PushGlobal(At(module).text, At(name).text);
}

Status StateDictMachine::Memoize(uint64_t slot) {
  if (slot >= kMaxPickleObjects) return Damaged("a memo number is out of bounds");
  if (stack_.empty()) return Damaged("its stack runs empty");
  if (memo_.size() <= slot) memo_.resize(slot + 1);
  memo_[slot] = stack_.back();
  return Status();
}

Status StateDictMachine::Recall(uint64_t slot) {
  if (slot >= memo_.size() || !memo_[slot]) {
    return Damaged("it recalls an object that it never stored");
  }
  stack_.push_back(*memo_[slot]);
  return Status();
}

Status StateDictMachine::SetItems(size_t count) {
  if (count % 2 != 0) return Damaged("a key has no value");
  std::vector<std::pair<Id, Id>> items(count / 2);
  for (size_t i = items.size(); i-- > 0;) {
    VETOR_ASSIGN_OR_RETURN(items[i].second, Pop());
    VETOR_ASSIGN_OR_RETURN(items[i].first, Pop());
  }
  VETOR_ASSIGN_OR_RETURN(const Id target, Pop());
  if (At(target).kind != Kind::kDict) {
    return Damaged("items are set on an object that is not a dict");
  }
  auto& dict = dicts_[At(target).first];
  dict.insert(dict.end(), items.begin(), items.end());
  stack_.push_back(target);
  return Status();
}

// ("storage", type, key, location, elements)
Status StateDictMachine::PersistentId() {
  VETOR_ASSIGN_OR_RETURN(const Id id, Pop());
  const Object& tuple = At(id);
  if (tuple.kind != Kind::kTuple || tuple.count != 5) return Damaged("a storage is not a 5-tuple");
  const Object& word = Element(tuple, 0);
  const Object& type = Element(tuple, 1);
  const Object& key = Element(tuple, 2);
  const Object& elements = Element(tuple, 4);
  if (word.kind != Kind::kString || word.text != "storage" || type.kind != Kind::kGlobal ||
      kGlobals[type.first].function != Function::kStorageType || key.kind != Kind::kString ||
      elements.kind != Kind::kInt || elements.number < 0) {
    return Damaged("a storage lacks type, key or size");
  }
  // The key becomes part of a member's name, which is built for each tensor, so it must be short.
  if (key.text.size() > kMaxStorageKeyBytes) {
    return NotAStateDict("a storage whose key has " + std::to_string(key.text.size()) + " bytes");
  }
  return Push(
      {.kind = Kind::kStorage, .first = type.first, .number = elements.number, .text = key.text});
}

Result<std::vector<uint64_t>> StateDictMachine::Counts(Id id) {
  const Object& tuple = At(id);
  if (tuple.kind != Kind::kTuple) return Damaged("a shape is not a tuple");
  if (tuple.count > kMaxDimensions) return NotAStateDict("a tensor of too many dimensions");
  std::vector<uint64_t> counts;
  for (size_t i = 0; i < tuple.count; ++i) {
    const Object& count = Element(tuple, i);
    if (count.kind != Kind::kInt || count.number < 0) {
      return Damaged("a shape is not a list of sizes");
    }
    counts.push_back(static_cast<uint64_t>(count.number));
  }
  return counts;
}

// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks[, metadata])
Result<PickledTensor> StateDictMachine::RebuildTensor(const Object& arguments) {
  if (arguments.count < 6) return Damaged("a tensor lacks arguments");
  const Object& storage = Element(arguments, 0);
  const Object& offset = Element(arguments, 1);
  if (storage.kind != Kind::kStorage || offset.kind != Kind::kInt || offset.number < 0) {
    return Damaged("a tensor lacks its storage or offset");
  }
  PickledTensor tensor;
  tensor.format = kGlobals[storage.first].format;
  tensor.storage = storage.text;
  tensor.storage_elements = static_cast<uint64_t>(storage.number);
  tensor.offset = static_cast<uint64_t>(offset.number);
  VETOR_ASSIGN_OR_RETURN(tensor.shape, Counts(elements_[arguments.first + 2]));
  VETOR_ASSIGN_OR_RETURN(tensor.strides, Counts(elements_[arguments.first + 3]));
  if (tensor.shape.size() != tensor.strides.size()) {
    return Damaged("a tensor's shape and strides differ in length");
  }
  return tensor;
}

Status StateDictMachine::Reduce() {
  VETOR_ASSIGN_OR_RETURN(const Id arguments_id, Pop());
  VETOR_ASSIGN_OR_RETURN(const Id callee_id, Pop());
  const Object arguments = At(arguments_id);
  const Object callee = At(callee_id);
  if (callee.kind != Kind::kGlobal || arguments.kind != Kind::kTuple) {
    return Damaged("the object that is called is not a function");
  }
  switch (kGlobals[callee.first].function) {
    case Function::kOrderedDict:
      if (arguments.count != 0) return NotAStateDict("an OrderedDict made from arguments");
      dicts_.emplace_back();
      return Push({.kind = Kind::kDict, .first = static_cast<uint32_t>(dicts_.size() - 1)});
    case Function::kRebuildTensor: {
      VETOR_ASSIGN_OR_RETURN(PickledTensor tensor, RebuildTensor(arguments));
      tensors_.push_back(std::move(tensor));
      return Push({.kind = Kind::kTensor, .first = static_cast<uint32_t>(tensors_.size() - 1)});
    }
    case Function::kRebuildParameter:
      if (arguments.count < 1 || Element(arguments, 0).kind != Kind::kTensor) {
        return Damaged("a parameter is not a tensor");
      }
      stack_.push_back(elements_[arguments.first]);
      return Status();
    case Function::kStorageType:
      break;
  }
  return NotAStateDict("a call of a storage type");
}

// BUILD sets only the attribute _metadata of a state dict (versions of its modules), which changes
// no tensor.
Status StateDictMachine::Build() {
  VETOR_ASSIGN_OR_RETURN(const Id state, Pop());
  VETOR_ASSIGN_OR_RETURN(const Id target, Pop());
  if (At(state).kind != Kind::kDict || At(target).kind != Kind::kDict) {
    return NotAStateDict("an object with a state of its own");
  }
  stack_.push_back(target);
  return Status();
}

Result<bool> StateDictMachine::StepConstant(uint8_t code) {
  Status status;
  switch (code) {
    case 'N':  // NONE
      status = Push({});
      break;
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      status = Push({.kind = Kind::kBool, .number = code == 0x88 ? 1 : 0});
      break;
    case 'K':    // BININT1
    case 'M': {  // BININT2
      VETOR_ASSIGN_OR_RETURN(const uint64_t number, program_.TakeNumber(code == 'K' ? 1 : 2));
      status = Push({.kind = Kind::kInt, .number = static_cast<int64_t>(number)});
      break;
    }
    case 'J': {  // BININT
      VETOR_ASSIGN_OR_RETURN(const uint64_t number, program_.TakeNumber(4));
      status =
          Push({.kind = Kind::kInt, .number = static_cast<int32_t>(static_cast<uint32_t>(number))});
      break;
    }
    case 0x8a:  // LONG1
      status = PushLong();
      break;
    case 'X':  // BINUNICODE
      status = PushText(4);
      break;
    case 0x8c:  // SHORT_BINUNICODE
      status = PushText(1);
      break;
    case 'c':  // GLOBAL
      status = ReadGlobal();
      break;
    default:
      return false;
  }
  if (!status.ok()) return status;
  return true;
}

Result<bool> StateDictMachine::StepMemo(uint8_t code) {
  uint64_t slot = memo_.size();
  if (code == 'q' || code == 'h') {  // BINPUT, BINGET
    VETOR_ASSIGN_OR_RETURN(slot, program_.TakeNumber(1));
  } else if (code == 'r' || code == 'j') {  // LONG_BINPUT, LONG_BINGET
    VETOR_ASSIGN_OR_RETURN(slot, program_.TakeNumber(4));
  } else if (code != 0x94) {  // MEMOIZE
    return false;
  }
  const Status status = code == 'h' || code == 'j' ? Recall(slot) : Memoize(slot);
  if (!status.ok()) return status;
  return true;
}

Result<bool> StateDictMachine::StepContainer(uint8_t code) {
  Status status;
  switch (code) {
    case '(':  // MARK
      marks_.push_back(stack_.size());
      break;
    case ')':  // EMPTY_TUPLE
      status = PushTuple(0);
      break;
    case 't': {  // TUPLE
      VETOR_ASSIGN_OR_RETURN(const size_t count, PopMark());
      status = PushTuple(count);
      break;
    }
    case 0x85:  // TUPLE1
    case 0x86:  // TUPLE2
    case 0x87:  // TUPLE3
      status = PushTuple(code - 0x84U);
      break;
    case '}':  // EMPTY_DICT
      dicts_.emplace_back();
      status = Push({.kind = Kind::kDict, .first = static_cast<uint32_t>(dicts_.size() - 1)});
      break;
    case 's':  // SETITEM
      status = SetItems(2);
      break;
    case 'u': {  // SETITEMS
      VETOR_ASSIGN_OR_RETURN(const size_t count, PopMark());
      status = SetItems(count);
      break;
    }
    default:
      return false;
  }
  if (!status.ok()) return status;
  return true;
}

Status StateDictMachine::Step(uint8_t code) {
  switch (code) {
    case 0x95:  // FRAME: the length of what follows, for readers of pipes.
      return program_.TakeNumber(8).status();
    case 0x93:  // STACK_GLOBAL
      return StackGlobal();
    case 'Q':  // BINPERSID
      return PersistentId();
    case 'R':  // REDUCE
      return Reduce();
    case 'b':  // BUILD
      return Build();
    default:
      break;
  }
  for (const auto part : {&StateDictMachine::StepConstant, &StateDictMachine::StepMemo,
                          &StateDictMachine::StepContainer}) {
    VETOR_ASSIGN_OR_RETURN(const bool known, (this->*part)(code));
    if (known) return Status();
  }
  const auto byte = static_cast<char>(code);
  return NotAStateDict("the instruction 0x" + Hex(std::string_view(&byte, 1)));
}

Result<std::vector<PickledTensor>> StateDictMachine::Tensors(const Object& root) {
  if (root.kind != Kind::kDict) return NotAStateDict("something other than a dict");
  std::vector<PickledTensor> tensors;
  std::unordered_set<std::string_view> names;
  for (const auto& [key, value] : dicts_[root.first]) {
    if (At(key).kind != Kind::kString) return NotAStateDict("a key that is not a string");
    const std::string_view name = At(key).text;
    if (At(value).kind != Kind::kTensor) {
      return NotAStateDict("an entry " + Quoted(name) + " that is not a tensor");
    }
    if (!names.insert(name).second) return Damaged("two tensors are called " + Quoted(name));
    tensors.push_back(tensors_[At(value).first]);
    tensors.back().name = name;
  }
  return tensors;
}

Result<std::vector<PickledTensor>> StateDictMachine::Run() {
  VETOR_ASSIGN_OR_RETURN(const uint64_t start, program_.TakeNumber(1));
  if (start != 0x80) return Damaged("it does not begin with a protocol number");
  VETOR_ASSIGN_OR_RETURN(const uint64_t protocol, program_.TakeNumber(1));
  if (protocol < 2 || protocol > kNewestProtocol) {
    return NotAStateDict("protocol " + std::to_string(protocol));
  }
  while (true) {
    VETOR_ASSIGN_OR_RETURN(const uint64_t code, program_.TakeNumber(1));
    if (code == '.') break;  // STOP
    VETOR_RETURN_IF_ERROR(Step(static_cast<uint8_t>(code)));
  }
  VETOR_ASSIGN_OR_RETURN(const Id root, Pop());
  if (!stack_.empty() || !marks_.empty() || !program_.done()) {
    return Damaged("something is left over at its end");
  }
  return Tensors(At(root));
}

}  // namespace

Result<std::vector<PickledTensor>> ReadStateDict(std::string_view pickle) {
  if (pickle.size() > kMaxPickleBytes) {
    return NotAStateDict(std::to_string(pickle.size()) + " bytes of pickle");
  }
  return StateDictMachine(pickle).Run();
}

}  // namespace vetor
