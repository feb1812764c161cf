// All templates of this folder, put together into a KernelSet.
#pragma once

#include "kernels/sets/kernel_set.h"
#include "kernels/sets/lane_functions.h"
#include "kernels/sets/panel_product.h"
#include "kernels/sets/row_attention.h"
#include "kernels/sets/row_functions.h"

namespace vetor {

template <class V>
constexpr KernelSet MakeKernelSet(const char* name) {
  return {name,       kPanelColumns<V>, V::kTileRows, &Product<V>,  &TransposeKeys<V>,
          &Attend<V>, &Normalize<V>,    &Rotate<V>,   &Activate<V>, &Exponentiate<V>};
}

}  // namespace vetor
