// vetor's own kernels as a Backend: the forward pass of encoder/forward over batches of any
// lengths.
#pragma once

#include <memory>

#include "backend/backend.h"
#include "encoder/encoder.h"
#include "kernels/sets/kernel_set.h"
#include "vetor/status.h"

namespace vetor {

struct NativeBackendOptions {
  std::shared_ptr<const Encoder> encoder;
  Operands operands = Operands::kFloat32;  ///< What the products multiply.
  const KernelSet* kernels = nullptr;      ///< One for `operands`; null: ChooseKernelSet.
  int threads = 1;                         ///< Threads that pack the weights.
  int alone_threads = 0;                   ///< If above 1: threads for a batch that is alone.
};

/// A part of the vector space. Raise it with every change after which the native pass gives other
/// bits for some text. Another instruction set is not such a change (whole unit vectors of two sets
/// differ by at most 1e-6, and in bf16 have a cosine of 0.9999 at least).
inline constexpr const char* kNativeNumericsVersion = "2";
/// The same for what bf16 changes.
inline constexpr const char* kNativeBf16Version = "1";

/// Packs the weights into memory of its own; the tables of words and positions stay in the
/// checkpoint's files. Errors: those of PackedEncoder::Pack and ChooseKernelSet; DATA_LOSS if the
/// files were written into. Each Run checks this; after a change it, and every Run that follows, is
/// DATA_LOSS.
Result<std::unique_ptr<Backend>> OpenNativeBackend(const NativeBackendOptions& options);

}  // namespace vetor
