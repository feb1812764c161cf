// Applies what the files beside a tokenizer change in it. Afterwards the document says what
// transformers 4.57.6 runs (AutoTokenizer.from_pretrained on the folder), and sentence-transformers
// uses that.
#pragma once

#include <boost/json.hpp>

#include "tokenizer/folder/folder_files.h"
#include "tokenizer/tokenizer.h"
#include "vetor/status.h"

namespace vetor {

/// `document` is a parsed tokenizer.json, or stands for another vocabulary file (`has_json` false).
/// Also sets the keys of document_keys.h. Adds to `notes` what the files decided, and where
/// transformers 5 would not follow. Malformed parts of the document itself are left to the code
/// that parses it. Errors: INVALID_ARGUMENT names file and key.
Status ApplyFolderRules(const FolderFiles& files, bool has_json, boost::json::value* document,
                        FolderNotes* notes);

}  // namespace vetor
