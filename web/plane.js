// The map: each text a point, drawn so that distances are as near as a plane allows.

import {byId, roveFocus, svgElement} from "./dom.js";
import {percent, say, similarity} from "./words.js";

const MARGIN = 22;
const LINE = 15;           // Height of a label.
const LETTER = 6.6;        // Mean width of a letter of a label.
const LONGEST_LABEL = 28;  // Letters.

const shortened = (text) => (text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text);

/** Points in pixels; both axes keep one scale, so that distances are comparable. */
function placePoints(points, width, height) {
  const range = (axis) => {
    const values = points.map((p) => p[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const [left, right] = range("x"), [low, high] = range("y");
  const scale = Math.min((width - 2 * MARGIN) / Math.max(right - left, 1e-9),
                         (height - 2 * MARGIN) / Math.max(high - low, 1e-9));
  return points.map(({x, y}) => ({
    x: width / 2 + (x - (left + right) / 2) * Math.min(scale, 1e6),
    y: height / 2 - (y - (low + high) / 2) * Math.min(scale, 1e6),
  }));
}

const overlaps = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Where a label may lie beside its point: right, left, above, below. */
function labelBoxes({x, y}, length, width) {
  const w = length * LETTER;
  const box = (left, top, anchor) => ({left, right: left + w, top, bottom: top + LINE, anchor});
  const middle = Math.min(Math.max(x - w / 2, 2), width - w - 2);
  return [box(x + 9, y - LINE / 2, "start"), box(x - 9 - w, y - LINE / 2, "end"),
          box(middle, y - LINE - 7, "middle"), box(middle, y + 7, "middle")];
}

/** A place for each label that hides no other label or point, or null: then it is seen on focus alone. */
function placeLabels(places, texts, width, height) {
  const taken = places.map(({x, y}) => ({left: x - 6, right: x + 6, top: y - 6, bottom: y + 6}));
  return places.map((place, i) => {
    const free = labelBoxes(place, shortened(texts[i]).length, width).find((box) =>
      box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height &&
      !taken.some((other, k) => k !== i && overlaps(box, other)));
    if (free) taken.push(free);
    return free ?? null;
  });
}

function nearest(state, i) {
  const pair = state.pairs.find(({a, b}) => a === i || b === i);
  return {other: pair.a === i ? pair.b : pair.a, value: pair.similarity};
}

function drawLinks(svg, state, places) {
  for (const {a, b, similarity: value} of state.pairs) {
    if (value < state.threshold) break;
    svg.append(svgElement("line", {class: "link", x1: places[a].x, y1: places[a].y, x2: places[b].x, y2: places[b].y}));
  }
}

function drawPoint(state, i, place, box) {
  const {other, value} = nearest(state, i);
  const label = say("planePoint", {text: state.texts[i], nearest: state.texts[other], value: similarity(value)});
  const group = state.groups.findIndex((members) => members.includes(i));
  const colour = state.groups[group].length > 1 ? `group-${group % 6}` : "alone";
  const anchor = box?.anchor ?? (place.x > 150 ? "end" : "start");
  const x = !box ? place.x + (anchor === "end" ? -9 : 9)
    : {start: box.left, end: box.right, middle: (box.left + box.right) / 2}[anchor];
  const text = svgElement("text", {x, y: (box ? box.top : place.y - LINE / 2) + LINE - 4, "text-anchor": anchor},
                          shortened(state.texts[i]));
  const point = svgElement("g", {role: "img", "aria-label": label, class: box ? "point" : "point crowded"},
                           svgElement("circle", {cx: place.x, cy: place.y, r: 6, class: colour}), text);
  const tell = () => { byId("plane-readout").textContent = label; };
  point.addEventListener("pointerenter", tell);
  point.addEventListener("focus", tell);
  return point;
}

function step(index, key) {
  if (key === "ArrowRight" || key === "ArrowDown") return index + 1;
  if (key === "ArrowLeft" || key === "ArrowUp") return index - 1;
  return undefined;
}

export function showPlane(state) {
  const svg = byId("plane");
  svg.replaceChildren();
  byId("plane-readout").textContent = "";
  byId("plane-hint").textContent = say("planeHint", {kept: percent(state.plane.kept)});
  const width = Math.max(svg.clientWidth, 280), height = Math.max(svg.clientHeight, 240);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const places = placePoints(state.plane.points, width, height);
  const boxes = placeLabels(places, state.texts, width, height);
  drawLinks(svg, state, places);
  // In the order of meanings, so that the arrow keys walk from neighbour to neighbour.
  const points = state.order.map((i) => drawPoint(state, i, places[i], boxes[i]));
  svg.append(...points);
  roveFocus(points, step);
}
