// The pairs of texts that are nearest to each other, as a table.

import {byId, element} from "./dom.js";
import {similarity} from "./words.js";

const MOST_PAIRS = 10;

export function showPairs(state) {
  const rows = state.pairs.slice(0, MOST_PAIRS).map(({a, b, similarity: value}) => element("tr", {},
    element("td", {class: "value"}, similarity(value)),
    element("td", {dir: "auto"}, state.texts[a]),
    element("td", {dir: "auto"}, state.texts[b])));
  byId("pairs").tBodies[0].replaceChildren(...rows);
}
