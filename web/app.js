// The page: reads the texts, asks the server, and gives what comes back to its views.

import {byId, element} from "./dom.js";
import {fitSlider, showDuplicates} from "./duplicates.js";
import {EXAMPLE} from "./example.js";
import {showHeatMap} from "./heat_map.js";
import {withKey} from "./key_dialog.js";
import {showLive, startLive} from "./live.js";
import {showPairs} from "./pairs.js";
import {showPlane} from "./plane.js";
import {embed, readInfo, readModels, ServerError, tokenize} from "./server.js";
import {showTokens} from "./tokens.js";
import {cosines, groupsAt, naturalThreshold, planePoints, similarityOrder, sortedPairs} from "./vectors.js";
import {applyWords, chooseLanguage, language, number, say, startLanguage} from "./words.js";

const MOST_TEXTS = 200;
const TYPING_PAUSE_MS = 600;
const BUSY_PAUSE_MS = 1000;  // The server's own Retry-After.

let state = null;    // What the views show; null before the first answer.
let server = null;   // {model, models, mostTokens}, once it is known.
let status = null;   // Gives the words of the status line in the language of the moment.
let failure = null;  // The ServerError that is shown.
let running = null;  // AbortController of the comparison under way.
let pause = null;    // Timer of the next comparison: after the last key pressed, or of a busy server.

// ---- What is shown ----------------------------------------------------------------------------------

function showStatus() {
  byId("status").textContent = status?.() ?? "";
}

function showFailure() {
  const box = byId("error");
  box.hidden = failure === null;
  if (failure === null) box.textContent = "";
  else if (failure.status === 401) box.textContent = say("keyMissing");
  else box.textContent = failure.status === 0 ? say("unreachable") : failure.message;
}

function showServer() {
  if (server === null) return;
  const {model, mostTokens} = server;
  byId("model").textContent = mostTokens ? say("facts", {model, most: number(mostTokens)}) : model;
}

function showResults() {
  document.body.classList.toggle("without-results", state === null);
  if (state === null) return;
  showHeatMap(state);
  showPlane(state);
  showDuplicates(state);
  showPairs(state);
  showTokens(state);
}

function showAll() {
  applyWords();
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language()));
  }
  showServer();
  showStatus();
  showFailure();
  showLive();
  showResults();
}

// ---- Asking the server ------------------------------------------------------------------------------

async function learnServer() {
  if (server !== null) return;
  const [info, models] = await Promise.all([readInfo(), readModels()]);
  server = {model: info.model_id, models, mostTokens: info.max_input_length || null};
  byId("models").replaceChildren(...models.map((name) => element("option", {value: name}, name)));
  byId("model-choice").hidden = models.length < 2;
  showServer();
}

const chosenModel = () => (server.models.length > 1 ? byId("models").value : "");

/** Tokens, or why there are none: a model without a tokenizer has vectors all the same. */
async function readTokens(texts, signal) {
  try {
    return {tokens: await tokenize(texts, chosenModel(), signal), tokensError: null};
  } catch (error) {
    if (!(error instanceof ServerError) || error.status === 401) throw error;
    return {tokens: null, tokensError: error.message || say("unreachable")};
  }
}

async function readState(texts, signal) {
  await learnServer();
  const [answer, read] = await Promise.all([embed(texts, chosenModel(), signal), readTokens(texts, signal)]);
  const n = texts.length;
  const matrix = cosines(answer.vectors);
  const pairs = sortedPairs(matrix, n);
  const threshold = naturalThreshold(matrix, pairs, n);
  return {
    texts, matrix, pairs, threshold, ...read,
    groups: groupsAt(pairs, n, threshold),
    order: similarityOrder(matrix, n),
    plane: planePoints(matrix, n),
    // The server tells this of its first model alone.
    mostTokens: chosenModel() === server.models[0] || chosenModel() === "" ? server.mostTokens : null,
    width: answer.vectors[0].length,
    usedTokens: answer.tokens,
    milliseconds: answer.milliseconds,
  };
}

function enteredTexts() {
  return byId("texts").value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function tellDone(left) {
  const {texts, usedTokens, width, milliseconds} = state;
  const values = {texts: number(texts.length), tokens: number(usedTokens), width: number(width)};
  const done = milliseconds === null ? say("done", values)
    : say("doneTime", {...values, time: milliseconds < 1 ? "< 1" : number(milliseconds)});
  return left > 0 ? `${done} ${say("tooMany", {most: MOST_TEXTS})}` : done;
}

/** `isAgain`: the server was busy, and the status line says so until it answers. */
async function compare({isAgain = false} = {}) {
  clearTimeout(pause);
  running?.abort();
  const texts = enteredTexts();
  if (texts.length < 2) {
    status = () => say("tooFew");
    showStatus();
    return;
  }
  const current = running = new AbortController();
  if (!isAgain) status = () => say("working");
  showStatus();
  try {
    const next = await withKey(() => readState(texts.slice(0, MOST_TEXTS), current.signal));
    if (current !== running) return;
    state = next;
    failure = null;
    status = () => tellDone(texts.length - MOST_TEXTS);
    fitSlider(state);
  } catch (error) {
    if (error.name === "AbortError" || current !== running) return;
    if (!(error instanceof ServerError)) throw error;
    // A server that loads its model, or is full, will answer.
    const busy = error.status === 503 || error.status === 429;
    failure = busy ? null : error;
    status = busy ? () => say("waiting", {message: error.message}) : null;
    if (busy) pause = setTimeout(compare, BUSY_PAUSE_MS, {isAgain: true});
  }
  showStatus();
  showFailure();
  showResults();
}

// ---- What the user does -----------------------------------------------------------------------------

function showExample() {
  byId("texts").value = EXAMPLE.join("\n");
  compare();
}

function moveThreshold() {
  if (state === null) return;
  state.threshold = Number(byId("threshold").value);
  state.groups = groupsAt(state.pairs, state.texts.length, state.threshold);
  showDuplicates(state);
  showPlane(state);
}

function listen() {
  byId("texts").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(compare, TYPING_PAUSE_MS);
  });
  byId("texts").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) compare();
  });
  byId("compare").addEventListener("click", () => compare());
  byId("example").addEventListener("click", showExample);
  byId("models").addEventListener("change", () => compare());
  byId("ordered").addEventListener("change", () => state && showHeatMap(state));
  byId("threshold").addEventListener("input", moveThreshold);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      chooseLanguage(button.dataset.language);
      showAll();
    });
  }
  let planeWidth = byId("plane").clientWidth;
  new ResizeObserver(() => {
    if (byId("plane").clientWidth === planeWidth) return;
    planeWidth = byId("plane").clientWidth;
    if (state !== null) showPlane(state);
  }).observe(byId("plane"));
}

startLanguage();
showAll();
listen();
startLive();
showExample();
