// A request for vectors on its way: admitted, computed by its model's service, cut and scaled, and
// answered. No thread waits for it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/api/embed_request.h"
#include "server/api/exchange.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// The vectors of a request, as the answer gives them.
struct Embedded {
  Embeddings rows;  ///< Cut to the dimensions asked for, and scaled again.
  uint64_t tokens = 0;
  uint64_t cached_tokens = 0;  ///< Of these, of texts that the cache had.
  std::string model;           ///< The name of the model in the table.
};

/// Makes the body of an answer. Runs on a worker of the service.
using MakeAnswer = std::function<HttpResponse(const Embedded& embedded)>;

/// Starts the job. The exchange is answered once, now or later: with what `answer` makes and the
/// fields of the tokens and times, as raw rows if the client accepts those, or with an error: 429
/// for a full server, 504 for a deadline that passed in the queue, 413 for an answer that would be
/// too large, and those of EmbedAsync.
void StartEmbedJob(std::shared_ptr<Exchange> exchange, EmbedRequest request, MakeAnswer answer);

/// Answers with the vectors' bytes, row by row; `x-vetor-shape: ROWS,DIM`.
HttpResponse RawRowsAnswer(const Embeddings& rows);

}  // namespace vetor
