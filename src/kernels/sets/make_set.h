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
  using Base = typename V::Base;
  return {.name = name,
          .operands = V::kOperands,
          .word_depths = V::kWordDepths,
          .panel_columns = kPanelColumns<V>,
          .tile_rows = V::kTileRows,
          .encode_panel = &EncodePanel<V>,
          .product = &Product<V>,
          .prepare_keys = &PrepareKeys<V>,
          .attend = &Attend<V>,
          .normalize = &Normalize<Base>,
          .rotate = &Rotate<Base>,
          .activate = &Activate<Base>,
          .exponentiate = &Exponentiate<Base>};
}

}  // namespace vetor
