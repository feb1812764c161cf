// The texts whose digests tools/oracle/hashing_fixture.py froze, in the same order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vetor {

/// The texts of a set of digests.json: "tatoeba.tsv" (tests/data/hashing), or a file of the
/// unpacked data ("corpus/faquad.txt", "hostile/controls.txt"). Empty where it is missing.
std::vector<std::string> FixtureTexts(const std::string& set);

/// Texts in which everything that the rules look at is frequent, from a seed.
std::vector<std::string> RandomTexts(uint64_t seed, size_t count);

/// One character alone, between letters, and around a capital sigma.
std::vector<std::string> CharacterTexts(char32_t c);

}  // namespace vetor
