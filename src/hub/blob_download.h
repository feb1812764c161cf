// Downloads one file of a repository into its blob: resumes an interrupted transfer, checks the
// file, then gives it its name.
#pragma once

#include <cstdint>
#include <functional>

#include "hub/hub_cache.h"
#include "hub/hub_session.h"
#include "hub/protocol.h"
#include "vetor/status.h"

namespace vetor {

struct BlobRequest {
  HubTarget target;  ///< Its revision is a commit.
  FileFacts facts;
  /// Called with the bytes of this file that have arrived; after a restart the number may be
  /// smaller than before.
  std::function<void(uint64_t bytes)> progress = {};
};

/// Fetches the file unless the blob exists. It takes the blob's lock (and waits for another process
/// that fetches the same blob). It continues where a killed process stopped if the ETag is a
/// SHA-256, which then proves the whole file. It gives up after five tries in a row that bring less
/// than 64 KiB, checks size and SHA-256, and renames the file. Returns the bytes that came over the
/// network. Errors: those of HubSession; DATA_LOSS for a wrong size or checksum; RESOURCE_EXHAUSTED
/// if the disk has no room.
Result<uint64_t> DownloadBlob(HubSession* session, const RepositoryCache& cache,
                              const BlobRequest& request);

}  // namespace vetor
