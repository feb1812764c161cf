// The texts whose digests tools/oracle/hashing_fixture.py froze, in the same order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vetor {

/// The texts of a set of digests.json: "tatoeba.tsv" (tests/data/hashing), or a file of the
/// unpacked data ("corpus/faquad.txt", "hostile/controls.txt"). Empty if the file is missing.
std::vector<std::string> FixtureTexts(const std::string& set);

/// Makes texts from a seed in which everything that the rules look at is frequent.
std::vector<std::string> RandomTexts(uint64_t seed, size_t count);

/// The character alone, between letters, and around a capital sigma.
std::vector<std::string> CharacterTexts(char32_t c);

}  // namespace vetor
