// Finds folders for which transformers 4.57.6 and transformers 5 give different ids. Transformers 5
// builds the tokenizers of many classes from its own code and takes little more than the vocabulary
// and the post-processor from tokenizer.json; vetor follows the files, as transformers 4 does, and
// says so.
#pragma once

#include <boost/json.hpp>

#include "tokenizer/folder/folder_files.h"
#include "tokenizer/tokenizer.h"

namespace vetor {

/// Notes the differences for a tokenizer.json whose "normalizer" and "pre_tokenizer" were those of
/// `before` and are now those of `after`.
void NoteDifferences(const FolderFiles& files, const boost::json::object& before,
                     const boost::json::object& after, FolderNotes* notes);

/// Notes that add_bos_token and add_eos_token make the template `single`, if the post-processor of
/// tokenizer.json, which transformers 5 keeps, declares another.
void NoteBosEos(const FolderFiles& files, const boost::json::value& declared,
                const boost::json::array& single, FolderNotes* notes);

/// Notes that src_lang makes the template `single`, if the post-processor of tokenizer.json
/// declares another.
void NoteLanguage(const FolderFiles& files, const boost::json::value& declared,
                  const boost::json::array& single, FolderNotes* notes);

}  // namespace vetor
