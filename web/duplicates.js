// Groups of texts that are the same above a threshold, which a slider sets.

import {byId, element} from "./dom.js";
import {number, say} from "./words.js";

/** Sets the slider's range to that of the similarities, and its place to the threshold. */
export function fitSlider(state) {
  const slider = byId("threshold");
  const lowest = state.pairs.at(-1).similarity;
  slider.min = String(Math.floor(lowest * 100) / 100);
  slider.max = "1";
  slider.value = String(state.threshold);
}

export function showDuplicates(state) {
  byId("threshold-value").textContent = number(state.threshold, 3);
  byId("threshold").setAttribute("aria-valuetext", number(state.threshold, 3));
  const groups = state.groups.filter((members) => members.length > 1);
  const alone = state.groups.length - groups.length;
  byId("duplicates-count").textContent = say("duplicatesCount", {groups: number(groups.length), alone: number(alone)});
  byId("duplicates").replaceChildren(...groups.map((members, i) => element("li", {},
    element("span", {class: `swatch group-${i % 6}`, role: "img", "aria-label": say("groupName", {number: i + 1})}),
    element("ul", {}, ...members.map((at) => element("li", {dir: "auto"}, state.texts[at]))))));
}
