// What the page opens with: names of four races as different sources write them, out of order. Names of
// one race share their place, so that even hashing, which knows only spelling, finds the groups; the
// Russian name is found by a model of many languages alone.
export const EXAMPLE = [
  "GP São Paulo F1",
  "24 Hours of Le Mans",
  "Dakar Rally",
  "500 Meilen von Indianapolis",
  "Formula 1 São Paulo Grand Prix",
  "Rali Dakar",
  "24 Heures du Mans",
  "500 Miglia di Indianapolis",
  "Großer Preis von São Paulo",
  "Ралли «Дакар»",
  "24 Horas Le Mans",
  "Indianapolis 500",
  "Gran Premio de São Paulo",
  "Rallye Dakar",
  "Indianápolis 500 Milhas",
  "24-Stunden-Rennen von Le Mans",
];
