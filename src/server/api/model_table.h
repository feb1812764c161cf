// The models that a server answers for, by name.
//
//   ModelTable models({"minilm", ""});              // names of --model; "": the model's own id
//   ... requests are answered with 503 until the first Put ...
//   models.Put(0, {.tokenizer = (*service)->tokenizer(), .service = *std::move(service)});
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_annotations.h"
#include "vetor/embeddings_service.h"
#include "vetor/status.h"
#include "vetor/tokenizer.h"

namespace vetor {

/// What the server opened for one name.
struct OpenedModel {
  /// The service's, for /tokenize; null for hashing.
  const Tokenizer* tokenizer = nullptr;
  /// The model's files say that the first components of a vector are a vector themselves.
  bool claims_matryoshka = false;
  /// Its destructor waits for callbacks, which read the members above.
  std::unique_ptr<EmbeddingsService> service;
};

/// A model that is open, under its name. Constant once it is in the table, but for the service's
/// own state.
struct ServedEntry {
  std::string name;
  int64_t opened_at = 0;  ///< Seconds since 1970, for the lists of models.
  OpenedModel model;

  EmbeddingsService& service() const { return *model.service; }
};

/// Thread-safe. Owns the services. A reference to an entry lives as long as the table, which is
/// destroyed after the server has stopped and on none of the services' own threads.
class ModelTable {
 public:
  /// One place per model, in the order of their preference. An empty name stands for the model's
  /// own id, which is known once the model is open. REQUIRES: at least one.
  explicit ModelTable(std::vector<std::string> names);

  /// Opens the place for requests. REQUIRES: index < size(), called once per place.
  void Put(size_t index, OpenedModel model);

  size_t size() const;
  /// Whether every place is open.
  bool ready() const;
  /// The open entries, in order.
  std::vector<const ServedEntry*> Opened() const;

  /// The model of that name: its name in the table, else its id; ":latest" behind it, which clients
  /// of Ollama add, is left out. An empty name is the first place. Errors: UNAVAILABLE while the
  /// model (or one that may have that name) is being loaded, NOT_FOUND with the names that exist.
  Result<const ServedEntry*> Find(std::string_view name) const;

 private:
  const ServedEntry* FindOpened(std::string_view name) const VETOR_REQUIRES(mutex_);

  const std::vector<std::string> names_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<ServedEntry>> entries_ VETOR_GUARDED_BY(mutex_);  ///< Null: loading.
};

}  // namespace vetor
