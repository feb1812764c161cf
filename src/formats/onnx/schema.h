// The numbers of the fields that this library reads or writes in the messages of an .onnx file. No
// other file knows a field's number.
//
// Source: onnx/onnx.proto of the ONNX project, IR version 13. Names are those of that file in this
// library's spelling; numbers of fields never change.
#pragma once

#include <cstdint>

namespace vetor::onnx {

struct ModelProto {
  enum Field : uint32_t {
    kIrVersion = 1,
    kProducerName = 2,
    kProducerVersion = 3,
    kDocString = 6,
    kGraph = 7,
    kOpsetImport = 8,
    kTrainingInfo = 20,
    kFunctions = 25,
  };
};

struct OperatorSetIdProto {
  enum Field : uint32_t { kDomain = 1, kVersion = 2 };
};

struct FunctionProto {
  enum Field : uint32_t {
    kNode = 7,
    kAttributeProto = 11,  // An attribute with its default.
  };
};

struct GraphProto {
  enum Field : uint32_t {
    kNode = 1,
    kName = 2,
    kInitializer = 5,
    kInput = 11,
    kOutput = 12,
    kSparseInitializer = 15,
  };
};

struct NodeProto {
  enum Field : uint32_t {
    kInput = 1,
    kOutput = 2,
    kName = 3,
    kOpType = 4,
    kAttribute = 5,
    kDomain = 7,
  };
};

struct AttributeProto {
  enum Field : uint32_t {
    kName = 1,
    kFloat = 2,
    kInt = 3,
    kString = 4,
    kTensor = 5,
    kGraph = 6,
    kInts = 8,
    kTensors = 10,
    kGraphs = 11,
    kType = 20,
    kSparseTensor = 22,
    kSparseTensors = 23,
  };
  enum AttributeType : int32_t { kTypeFloat = 1, kTypeInt = 2, kTypeTensor = 4, kTypeInts = 7 };
};

struct TensorProto {
  enum Field : uint32_t {
    kDims = 1,
    kDataType = 2,  // A number of OnnxElement (element_type.h).
    kFloatData = 4,
    kInt64Data = 7,
    kName = 8,
    kRawData = 9,
    kDocString = 12,
    kExternalData = 13,
    kDataLocation = 14,
  };
  enum DataLocation : int32_t { kExternal = 1 };
};

struct StringStringEntryProto {
  enum Field : uint32_t { kKey = 1, kValue = 2 };
};

struct ValueInfoProto {
  enum Field : uint32_t { kName = 1, kType = 2 };
};

struct TypeProto {
  enum Field : uint32_t { kTensorType = 1 };
};

// TypeProto.Tensor.
struct TensorType {
  enum Field : uint32_t { kElemType = 1, kShape = 2 };
};

struct TensorShapeProto {
  enum Field : uint32_t { kDim = 1 };
};

// TensorShapeProto.Dimension.
struct Dimension {
  enum Field : uint32_t { kDimValue = 1, kDimParam = 2 };
};

}  // namespace vetor::onnx
