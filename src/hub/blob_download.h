// Fetches one file of a repository into its blob: resumes where it broke, checks it, then names it.
#pragma once

#include <cstdint>
#include <functional>

#include "hub/hub_cache.h"
#include "hub/hub_session.h"
#include "hub/protocol.h"
#include "vetor/status.h"

namespace vetor {

struct BlobRequest {
  HubTarget target;  ///< Its revision is the commit.
  FileFacts facts;
  /// Bytes of this file that are there by now; less than before after a restart.
  std::function<void(uint64_t bytes)> progress = {};
};

/// Fetches the file unless the blob is there. Takes the blob's lock (and waits for another process
/// that fetches it), goes on where a killed process stopped if the ETag is a SHA-256 (which then
/// proves the whole), tries up to five times without progress of 64 KiB, checks size and SHA-256,
/// renames.
/// Returns the bytes that came over the network. Errors: those of HubSession; DATA_LOSS for a wrong
/// size or checksum; RESOURCE_EXHAUSTED if the disk has no room.
Result<uint64_t> DownloadBlob(HubSession* session, const RepositoryCache& cache,
                              const BlobRequest& request);

}  // namespace vetor
