#include "benchmark/workloads.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "base/status_macros.h"

namespace vetor {
namespace {

// splitmix64 (Steele, Lea, Flood 2014): the standard library's distributions differ by platform.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed), seed_(seed) {}
  size_t Below(size_t bound) { return static_cast<size_t>(Next() % bound); }
  // From 1 to 996. The rest by 4 tells the work load, so that no text is in two of them: the cache
  // of the second would not be cold.
  size_t Number() { return Below(249) * 4 + seed_ % 4 + 1; }

 private:
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  uint64_t state_;
  uint64_t seed_;
};

// Sentences of our own, about what a race calendar says. {n}: a number, {p}: a place.
constexpr std::array<std::array<const char*, 6>, 9> kSentences = {{
    {"Round {n} of the season takes place in {p}",
     "Where can I watch qualifying in {p} on day {n}?",
     "The race in {p} was stopped after lap {n} because of heavy rain",
     "Tickets for grandstand {n} in {p} are sold out",
     "Practice starts at {n} minutes past nine in {p}",
     "Car number {n} lost two places at the first corner in {p}"},
    {"A etapa {n} do campeonato será disputada em {p}",
     "Onde assistir à classificação em {p} no dia {n}?",
     "A corrida em {p} foi interrompida na volta {n} por causa da chuva",
     "Os ingressos do setor {n} em {p} estão esgotados",
     "O treino livre em {p} começa às {n} horas", "O carro {n} perdeu duas posições em {p}"},
    {"La prueba {n} del campeonato se celebra en {p}",
     "¿Dónde puedo ver la clasificación en {p} el día {n}?",
     "La carrera de {p} se detuvo en la vuelta {n} por la lluvia",
     "Las entradas de la tribuna {n} en {p} están agotadas",
     "Los entrenamientos en {p} empiezan a las {n}", "El coche {n} perdió dos puestos en {p}"},
    {"Der {n}. Lauf der Saison findet in {p} statt",
     "Wo kann ich das Qualifying in {p} am {n}. sehen?",
     "Das Rennen in {p} wurde nach Runde {n} wegen starken Regens abgebrochen",
     "Die Karten für Tribüne {n} in {p} sind ausverkauft",
     "Das freie Training in {p} beginnt um {n} Uhr",
     "Der Wagen mit der Nummer {n} verlor in {p} zwei Plätze"},
    {"La manche {n} du championnat se déroule à {p}",
     "Où regarder les qualifications à {p} le {n} du mois ?",
     "La course de {p} a été arrêtée au tour {n} à cause de la pluie",
     "Les billets de la tribune {n} à {p} sont épuisés",
     "Les essais libres à {p} commencent à {n} heures", "La voiture {n} a perdu deux places à {p}"},
    {"La gara {n} del campionato si corre a {p}", "Dove vedere le qualifiche a {p} il giorno {n}?",
     "La corsa di {p} è stata fermata al giro {n} per la pioggia",
     "I biglietti della tribuna {n} a {p} sono esauriti", "Le prove libere a {p} iniziano alle {n}",
     "La vettura {n} ha perso due posizioni a {p}"},
    {"Этап {n} чемпионата пройдёт в городе {p}", "Где смотреть квалификацию в {p} {n} числа?",
     "Гонку в {p} остановили на круге {n} из-за дождя", "Билеты на трибуну {n} в {p} распроданы",
     "Тренировка в {p} начнётся в {n} часов", "Машина {n} потеряла два места в {p}"},
    {"第{n}戦は{p}で開催されます", "{n}日に{p}の予選を見る方法",
     "{p}のレースは{n}周目に雨で中断された", "{p}の{n}番スタンドは完売です",
     "{p}の練習走行は{n}時に始まります", "{n}号車は{p}で二つ順位を落とした"},
    {"Wyścig numer {n} odbędzie się w {p}", "Gdzie obejrzeć kwalifikacje w {p} dnia {n}?",
     "Wyścig w {p} przerwano na okrążeniu {n} z powodu deszczu",
     "Bilety na trybunę {n} w {p} są wyprzedane", "Trening w {p} zaczyna się o {n}",
     "Samochód {n} stracił dwie pozycje w {p}"},
}};

constexpr std::array<const char*, 24> kPlaces = {
    "São Paulo",  "Monza",    "Spa",      "Suzuka",  "Silverstone", "Interlagos",
    "Le Mans",    "Nürburg",  "Mugello",  "Jerez",   "Portimão",    "Zandvoort",
    "Sebring",    "Daytona",  "Bathurst", "Goiânia", "Brno",        "Sochi",
    "Hockenheim", "Montréal", "Estoril",  "Misano",  "Buriram",     "Curitiba"};

std::string Sentence(size_t language, Dice* dice) {
  const auto& sentences = kSentences[language % kSentences.size()];
  std::string text;
  for (const char* c = sentences[dice->Below(sentences.size())]; *c != '\0'; ++c) {
    if (*c != '{') {
      text += *c;
      continue;
    }
    text += c[1] == 'n' ? std::to_string(dice->Number()) : kPlaces[dice->Below(kPlaces.size())];
    c += 2;
  }
  return text;
}

std::string Paragraph(size_t language, size_t sentences, Dice* dice) {
  std::string text = Sentence(language, dice);
  for (size_t i = 1; i < sentences; ++i) text += ". " + Sentence(language, dice);
  return text;
}

// Sentences that make about 220 tokens of WordPiece: languages that its vocabulary does not know
// take more tokens a sentence.
size_t LongSentences(size_t language) {
  constexpr std::array<size_t, 9> kCounts = {17, 11, 11, 11, 12, 12, 7, 9, 9};
  return kCounts[language % kCounts.size()];
}

enum class Length { kShort, kMiddle, kLong };

// 3 of 10 in the middle, 1 long.
Length MixedLength(size_t i) {
  const size_t place = i % 10;
  return place == 9 ? Length::kLong : place % 3 == 1 ? Length::kMiddle : Length::kShort;
}

std::string MakeText(Length length, size_t language, Dice* dice) {
  switch (length) {
    case Length::kShort:
      return Sentence(language, dice);
    case Length::kMiddle:
      return Paragraph(language, 2 + dice->Below(std::max<size_t>(1, LongSentences(language) / 3)),
                       dice);
    case Length::kLong:
      return Paragraph(language, LongSentences(language), dice);
  }
  return {};
}

std::vector<std::string> MakeTexts(size_t count, uint64_t seed, Length (*length)(size_t)) {
  Dice dice(seed);
  std::vector<std::string> texts;
  std::unordered_set<std::string> seen;
  while (texts.size() < count) {
    const size_t i = texts.size();
    // A step that is coprime with the 10 of MixedLength, so that lengths and languages mix.
    std::string text = MakeText(length(i), i * 7 / 3, &dice);
    if (seen.insert(text).second) texts.push_back(std::move(text));
  }
  return texts;
}

Length Short(size_t) { return Length::kShort; }
Length Long(size_t) { return Length::kLong; }

struct Recipe {
  const char* name;
  size_t count;
  uint64_t seed;
  Length (*length)(size_t);
  bool one_at_a_time;
};

constexpr std::array<Recipe, 4> kRecipes = {{{"short", 512, 1, &Short, false},
                                             {"mixed", 320, 2, &MixedLength, false},
                                             {"long", 48, 3, &Long, false},
                                             {"single", 64, 4, &Short, true}}};

}  // namespace

std::vector<std::string> BuiltInWorkloads() {
  std::vector<std::string> names;
  names.reserve(kRecipes.size());
  for (const Recipe& recipe : kRecipes) names.emplace_back(recipe.name);
  return names;
}

Result<Workload> MakeWorkload(std::string_view name, int scale) {
  for (const Recipe& recipe : kRecipes) {
    if (name != recipe.name) continue;
    const size_t count = recipe.count * static_cast<size_t>(std::max(1, scale));
    return Workload{.name = recipe.name,
                    .texts = MakeTexts(count, recipe.seed, recipe.length),
                    .one_at_a_time = recipe.one_at_a_time};
  }
  return InvalidArgumentError("there is no work load \"" + std::string(name) +
                              "\"; built in are short, mixed, long and single");
}

std::vector<std::string> TextsOfWords(size_t words, size_t count) {
  Dice dice(5);
  std::vector<std::string> texts;
  std::unordered_set<std::string> seen;
  while (texts.size() < count) {
    std::string source;
    size_t end = 0;
    for (size_t found = 0; found < words; ++found) {
      while (source.find(' ', end) == std::string::npos) source += Sentence(0, &dice) + ". ";
      end = source.find(' ', end) + 1;
    }
    source.resize(end - 1);
    if (!seen.insert(source).second) source += " " + std::to_string(texts.size());
    texts.push_back(std::move(source));
  }
  return texts;
}

}  // namespace vetor
