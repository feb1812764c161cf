#include "exporter/folder/probe_texts.h"

#include <array>

namespace vetor {
namespace {

constexpr std::array<std::string_view, 8> kTexts = {
    "Qualifying for the Monaco Grand Prix",
    "Grande Prêmio de São Paulo, treino livre 2",
    "24-Stunden-Rennen am Nürburgring",
    "¿A qué hora empieza la carrera?",
    "Les essais sont annulés.",
    "日本グランプリ決勝",
    "Гран-при Азербайджана",
    "سباق البحرين",
};

}  // namespace

std::span<const std::string_view> ProbeTexts() { return kTexts; }

}  // namespace vetor
