#include "exporter/folder/probe_texts.h"

#include <array>

namespace vetor {
namespace {

constexpr std::array<std::string_view, 8> kTexts = {
    "The Monaco Grand Prix",
    "Treino 2 em São Paulo",
    "Nürburgring",
    "¿A qué hora?",
    "L'été à Spa",
    "日本の決勝",
    "Гран-при",
    "سباق البحرين",
};

}  // namespace

std::span<const std::string_view> ProbeTexts() { return kTexts; }

}  // namespace vetor
