// The tokens of each text, and the part that the model does not read.

import {byId, element} from "./dom.js";
import {number, say} from "./words.js";

const MOST_TEXTS = 30;

/**
 * Which tokens are not read if at most `most` are: those before the special tokens at the end, which
 * are always kept. No limit (null): all are read.
 */
export function unreadTokens(tokens, most) {
  if (!most || tokens.length <= most) return [];
  let tail = 0;
  while (tail < tokens.length && tokens[tokens.length - 1 - tail].special) tail++;
  const first = Math.max(most - tail, 0), end = tokens.length - tail;
  return Array.from({length: end - first}, (_, i) => first + i);
}

function chip(token, isUnread) {
  const kind = [token.special && "special", isUnread && "cut"].filter(Boolean).join(" ");
  const title = [`id ${token.id}`, token.special && say("tokenSpecial"), isUnread && say("tokenCut")];
  return element(isUnread ? "s" : "span", {class: `chip ${kind}`, title: title.filter(Boolean).join(", ")}, token.text);
}

function tokenRow(text, tokens, most) {
  const unread = new Set(unreadTokens(tokens, most));
  const counts = {count: number(tokens.length), cut: number(unread.size)};
  return element("li", {},
    element("p", {class: "source"}, element("span", {dir: "auto"}, text), " ",
            element("span", {class: unread.size ? "count warn" : "count"},
                    say(unread.size ? "tokenCountCut" : "tokenCount", counts))),
    element("p", {class: "chips", dir: "auto"}, ...tokens.map((token, i) => chip(token, unread.has(i)))));
}

export function showTokens(state) {
  const {tokens, tokensError, mostTokens} = state;
  const hint = mostTokens ? say("tokensHint", {most: number(mostTokens)}) : say("tokensHintNoLimit");
  const more = state.texts.length > MOST_TEXTS ? ` ${say("tokensMost", {most: MOST_TEXTS})}` : "";
  byId("tokens-hint").textContent = tokensError ? say("tokensFailed", {message: tokensError}) : hint + more;
  byId("tokens").replaceChildren(
    ...(tokens ?? []).slice(0, MOST_TEXTS).map((row, i) => tokenRow(state.texts[i], row, mostTokens)));
}
