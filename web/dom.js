// Elements are made from values, never from markup: a text is shown as it is, whatever it holds.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** element("td", {class: "a"}, "text", child) */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svgElement(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Lets one of `items` be reached with Tab and the others from it by keys. `next(index, key)` gives
 * the index that a key leads to, or undefined if the key means nothing here.
 */
export function roveFocus(items, next) {
  let current = 0;
  items.forEach((item, index) => {
    item.setAttribute("tabindex", index === 0 ? "0" : "-1");
    item.addEventListener("focus", () => {
      items[current].setAttribute("tabindex", "-1");
      current = index;
      item.setAttribute("tabindex", "0");
    });
    item.addEventListener("keydown", (event) => {
      const target = next(index, event.key);
      if (target === undefined) return;
      event.preventDefault();
      items[Math.min(Math.max(target, 0), items.length - 1)].focus();
    });
  });
}
