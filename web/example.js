// What the page opens with: names of four events as different sources write them, out of order. Only
// the meaning tells which belong together.
export const EXAMPLE = [
  "GP de São Paulo de F1",
  "24 Hours of Le Mans",
  "Dakar Rally",
  "Großer Preis von Monaco",
  "Formula 1 Brazilian Grand Prix",
  "Rali Dakar",
  "24 Heures du Mans",
  "Gran Premio di Monaco",
  "Großer Preis von Brasilien",
  "Ралли «Дакар»",
  "24 Horas de Le Mans",
  "Monaco Grand Prix",
  "Gran Premio de Brasil",
  "Rallye Dakar",
  "Grand Prix de Monaco",
  "24-Stunden-Rennen von Le Mans",
];
