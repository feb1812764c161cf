// The table of all similarities, darker the more similar. Colours span the range of the values, because
// the cosines of many models lie close together.

import {byId, element, roveFocus} from "./dom.js";
import {number, say, similarity} from "./words.js";

const MOST_TEXTS = 60;        // 3,600 fields; a larger table is slow on a phone.
const MOST_WITH_VALUES = 16;  // With more texts, fields are too small for digits.

/** ".93", or ",93" where the comma is the decimal sign; "1" for what two digits cannot tell from 1. */
const shortValue = (value) => (value >= 0.995 ? number(1) : number(value, 2).replace(/^(-?)0(?=\D)/, "$1"));

function lowestSimilarity(matrix) {
  return matrix.reduce((lowest, value) => Math.min(lowest, value), 1);
}

function field(state, a, b, lowest) {
  const value = state.matrix[a * state.texts.length + b];
  const label = say("heatField", {a: state.texts[a], b: state.texts[b], value: similarity(value)});
  const cell = element("td", {role: "gridcell", "aria-label": label});
  // Rounding may lead a hair above 100 %, which would be no colour at all.
  const heat = Math.min(100, (100 * (value - lowest)) / Math.max(1 - lowest, 1e-9));
  cell.style.setProperty("--heat", `${heat}%`);
  return cell;
}

function addRows(table, state, order, lowest) {
  const withValues = order.length <= MOST_WITH_VALUES;
  table.classList.toggle("values", withValues);
  const numbers = order.map((a, at) =>
    element("th", {scope: "col", title: state.texts[a], "aria-label": state.texts[a]}, String(at + 1)));
  table.append(element("thead", {}, element("tr", {role: "row"}, element("td"), ...numbers)));
  const body = element("tbody");
  order.forEach((a, at) => {
    const name = element("th", {scope: "row", title: state.texts[a]}, element("span", {class: "number"}, String(at + 1)),
                         element("span", {class: "text", dir: "auto"}, state.texts[a]));
    const fields = order.map((b) => field(state, a, b, lowest));
    if (withValues) fields.forEach((cell, i) => cell.append(shortValue(state.matrix[a * state.texts.length + order[i]])));
    body.append(element("tr", {role: "row"}, name, ...fields));
  });
  table.append(body);
}

/** Steps of the arrow keys, Home and End in a square of n by n fields. */
function step(index, key, n) {
  const column = index % n;
  switch (key) {
    case "ArrowLeft": return column > 0 ? index - 1 : index;
    case "ArrowRight": return column < n - 1 ? index + 1 : index;
    case "ArrowUp": return index >= n ? index - n : index;
    case "ArrowDown": return index + n < n * n ? index + n : index;
    case "Home": return index - column;
    case "End": return index - column + n - 1;
    default: return undefined;
  }
}

export function showHeatMap(state) {
  const table = byId("heat");
  table.replaceChildren();
  const order = (byId("ordered").checked ? state.order : state.texts.map((_, i) => i)).slice(0, MOST_TEXTS);
  const lowest = lowestSimilarity(state.matrix);
  addRows(table, state, order, lowest);
  byId("heat-low").textContent = similarity(lowest);
  byId("heat-high").textContent = number(1);
  const readout = byId("heat-readout");
  readout.textContent = state.texts.length > MOST_TEXTS ? say("heatMost", {most: MOST_TEXTS}) : "";
  const fields = [...table.querySelectorAll("tbody td")];
  for (const cell of fields) {
    const tell = () => { readout.textContent = cell.getAttribute("aria-label"); };
    cell.addEventListener("pointerenter", tell);
    cell.addEventListener("focus", tell);
  }
  roveFocus(fields, (index, key) => step(index, key, order.length));
}
