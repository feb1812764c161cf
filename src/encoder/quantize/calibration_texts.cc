#include "encoder/quantize/calibration_texts.h"

#include <array>

namespace vetor {
namespace {

constexpr std::array<std::string_view, 48> kTexts = {
    // English: statement, question, query, headline, a longer passage, informal.
    "The old harbour reopened on Tuesday after three years of careful restoration work.",
    "How long should bread dough rest before it goes into the oven?",
    "cheap flights from lisbon to berlin in october",
    "Central bank raises interest rates by a quarter point, citing stubborn inflation",
    "Photosynthesis turns light into chemical energy: pigments in the leaf absorb photons, water "
    "is "
    "split, oxygen escapes, and the electrons that remain are used to build sugar from carbon "
    "dioxide. The rate depends on temperature, light and the supply of water.",
    "lol no way, she really said that?? can't believe it :)",
    "Patients who took the new drug reported fewer headaches than the control group (p < 0.01).",
    "The contract may be terminated by either party with thirty days' written notice.",
    // Portuguese.
    "A biblioteca municipal abre aos sábados, das nove da manhã às cinco da tarde.",
    "Qual é a melhor maneira de aprender a tocar violão sozinho?",
    "O governo anunciou ontem um novo programa de apoio às pequenas empresas do interior.",
    "receita de bolo de cenoura com cobertura de chocolate",
    // Spanish.
    "El tren de las ocho llegó con veinte minutos de retraso por culpa de la nieve.",
    "¿Dónde puedo renovar mi pasaporte sin pedir cita?",
    "La novela cuenta la vida de tres hermanas durante la guerra civil.",
    // German.
    "Der Zug nach München fährt heute ausnahmsweise von Gleis sieben ab.",
    "Welche Unterlagen brauche ich für die Anmeldung einer Wohnung?",
    "Die Wissenschaftlerinnen untersuchten Bodenproben aus vierzehn verschiedenen Regionen.",
    // French.
    "Le marché du village a lieu chaque jeudi matin devant la mairie.",
    "Comment changer une roue crevée sur un vélo de course ?",
    "L'équipe a découvert une grotte ornée de peintures vieilles de vingt mille ans.",
    // Italian.
    "Il museo conserva una collezione di strumenti musicali del Settecento.",
    "Quanto tempo ci vuole per andare a piedi dalla stazione al porto?",
    // Japanese.
    "駅前の小さな喫茶店は、毎朝七時に開店します。",
    "明日の天気予報を教えてください。",
    "研究チームは新しい電池の材料を発表した。",
    // Chinese, simplified and traditional.
    "图书馆周末也开放，学生可以在那里安静地学习。",
    "怎样才能在家里种好番茄？",
    "這座城市的地鐵明年將新增兩條路線。",
    // Arabic.
    "افتتحت المدينة حديقة عامة جديدة بالقرب من النهر.",
    "ما هي أفضل طريقة لتعلم لغة جديدة؟",
    // Russian.
    "Вечером в парке играл оркестр, и люди долго не расходились.",
    "Сколько стоит билет на поезд до Казани?",
    "Учёные измерили скорость таяния ледника на севере острова.",
    // Hindi.
    "गाँव के स्कूल में इस साल दो नए शिक्षक आए हैं।",
    "दिल्ली से जयपुर जाने में कितना समय लगता है?",
    // Other scripts.
    "오늘 저녁에 친구들과 함께 영화를 보러 갈 거예요.",
    "Bugün hava çok güzel, denize gitmek istiyoruz.",
    // Code, markup, addresses, numbers.
    "for (size_t i = 0; i < rows.size(); ++i) { total += rows[i].price * rows[i].count; }",
    "SELECT name, COUNT(*) FROM orders WHERE created_at >= '2024-01-01' GROUP BY name;",
    "def parse(line): return [int(field) for field in line.split(\",\") if field.strip()]",
    "<a href=\"/contact\">Contact us</a> or write to info@example.org",
    "3.14159 2,718 -40 1e-9 0xFF 12:45 2023-11-05 +351 912 000 111 99.9% $1,250.00",
    "Invoice no. 4471-B: 12 x 0.75 l, total 1,080.00 EUR, due 30 days after delivery",
    // Motorsport.
    "Lando wins the Monaco Grand Prix from pole after a late safety car",
    "GP do Brasil de Fórmula 1 - Treino Livre 2, Autódromo de Interlagos, 14:30",
    "24 Stunden Nürburgring: GT3-Klasse startet am Samstag um 16 Uhr",
    "Rally de Portugal: etapa 3, troço de Fafe, 11,18 km",
};

}  // namespace

std::span<const std::string_view> CalibrationTexts() { return kTexts; }

}  // namespace vetor
