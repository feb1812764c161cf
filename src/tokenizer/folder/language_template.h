// The tokens that the tokenizer classes of translation models put around a text: its language and
// the end (models/{mbart,mbart50,nllb,seamless_m4t}/tokenization_*_fast.py of transformers 4.57.6,
// __init__ and set_src_lang_special_tokens). The classes build this template anew whenever they
// load or encode, whatever the post-processor of tokenizer.json says.
#pragma once

#include <boost/json.hpp>

#include "tokenizer/folder/folder_files.h"
#include "tokenizer/folder/special_tokens.h"
#include "vetor/status.h"

namespace vetor {

/// Makes the post-processor for src_lang (English if it is absent) and, for NLLB, legacy_behaviour.
/// A language that the tokenizer does not know becomes the unknown token, except in mBART-50.
/// REQUIRES: the class has kLanguage; the tokens of `added` are in the document. Errors:
/// INVALID_ARGUMENT names file and key.
Result<boost::json::object> LanguageTemplate(const FolderFiles& files, const AddedByFolder& added,
                                             const boost::json::object& document);

}  // namespace vetor
