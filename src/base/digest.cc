#include "base/digest.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <bit>
#include <cstring>

namespace vetor {

struct Sha256Builder::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

uint64_t Xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Builder builder;
  builder.AddBytes(bytes);
  return std::move(builder).Finish();
}

Sha256Builder::Sha256Builder() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
}
Sha256Builder::~Sha256Builder() = default;
Sha256Builder::Sha256Builder(Sha256Builder&&) noexcept = default;
Sha256Builder::Sha256Builder(const Sha256Builder& other) : state_(std::make_unique<State>()) {
  EVP_MD_CTX_copy_ex(state_->context, other.state_->context);
}

void Sha256Builder::AddBytes(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

void Sha256Builder::AddField(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  const uint64_t size = bytes.size();
  char prefix[sizeof size];
  std::memcpy(prefix, &size, sizeof size);
  AddBytes({prefix, sizeof size});
  AddBytes(bytes);
}

Sha256Digest Sha256Builder::Finish() && {
  Sha256Digest digest{};
  EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
  return digest;
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Hex(const Sha256Digest& digest) {
  return Hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace vetor
