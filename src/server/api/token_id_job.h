// A request for the vectors of token ids, until it is one for those of texts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "server/api/embed_request.h"
#include "server/api/exchange.h"
#include "server/api/request_fields.h"

namespace vetor {

/// Whether field `name` holds token ids and the server takes them. Notes an error in `fields` if it
/// does and the model has no tokenizer.
bool TakesTokenIds(std::string_view name, const ServedEntry& entry, const Exchange& exchange,
                   RequestFields* fields);

/// Goes on with a request whose texts are there.
using StartWithTexts = std::function<void(std::shared_ptr<Exchange>, EmbedRequest)>;

/// Puts the text of each of `lists` into the request (token_id_texts.h) and calls `start`, on a
/// thread of the lanes, since each text is encoded. Answers the exchange itself, with 400 and the
/// code token_ids_not_of_this_model, if ids are not those of a text; the message names the list.
/// REQUIRES: TakesTokenIds.
void StartTokenIdJob(std::shared_ptr<Exchange> exchange, EmbedRequest request,
                     std::vector<std::vector<int64_t>> lists, StartWithTexts start);

}  // namespace vetor
