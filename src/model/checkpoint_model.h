// A model folder without a graph: the weights as they were trained, which our own kernels run.
#pragma once

#include <cstdint>

#include "model/model_folder.h"
#include "vetor/status.h"

namespace vetor {

/// Reads the checkpoint whose config.json is model->graph: the encoder, and the facts that a graph
/// exported from it would have. Errors: those of Checkpoint::Open and ReadEncoder;
/// INVALID_ARGUMENT for an output or a precision that only a graph can have.
Status ReadCheckpointModel(const ModelFolderOptions& options, ModelFolder* model);

/// Of the checkpoint's weight files.
uint64_t CheckpointBytes(const ModelFolder& model);

/// Texts are at most as long as the encoder's positions reach. INVALID_ARGUMENT if the caller asked
/// for more.
Status BoundLength(const ModelFolderOptions& options, ModelFolder* model);

}  // namespace vetor
