// The panel of what the server does now: rates between two readings of /metrics. It reads only while
// it is on the screen.

import {byId, element, svgElement} from "./dom.js";
import {labelValues, readMetrics, total} from "./prometheus.js";
import {readMetricsPage, ServerError} from "./server.js";
import {number, percent, say} from "./words.js";

const PERIOD_MS = 2000;
const MOST_SAMPLES = 60;
const WIDTH = 300, HEIGHT = 60;

const METRIC = {
  texts: "vetor_texts_total",
  tokens: "vetor_tokens_total",
  requests: "vetor_requests_total",
  waiting: "vetor_queue_requests",
  cacheHits: "vetor_cache_hits_total",
};

let samples = [];   // {time, texts, tokens, ...}, the latest last.
let failure = null; // Why the last reading failed; null if it did not.
let onScreen = false;
let timer = null;

function takeSample(page, time) {
  const read = readMetrics(page);
  const tiers = labelValues(read, METRIC.cacheHits, "tier")
    .map((tier) => ({tier, hits: total(read, METRIC.cacheHits, {tier})}));
  return {
    time,
    texts: total(read, METRIC.texts),
    tokens: total(read, METRIC.tokens),
    requests: total(read, METRIC.requests),
    waiting: total(read, METRIC.waiting),
    tiers,
  };
}

/** Per second, between two samples. A server that started anew counts from 0: no rate is below it. */
function rate(field, before, after) {
  return Math.max(0, (after[field] - before[field]) / Math.max((after.time - before.time) / 1000, 1e-3));
}

function figure(value, label) {
  return element("div", {}, element("dt", {}, label), element("dd", {}, value));
}

function showPlot() {
  const rates = samples.slice(1).map((sample, i) => rate("texts", samples[i], sample));
  const most = Math.max(...rates, 1);
  const x = (i) => WIDTH - ((rates.length - 1 - i) * WIDTH) / (MOST_SAMPLES - 2);
  const y = (value) => HEIGHT - 2 - (value / most) * (HEIGHT - 6);
  const line = rates.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const svg = byId("live-plot");
  const seconds = number((PERIOD_MS / 1000) * (MOST_SAMPLES - 1));
  svg.setAttribute("aria-label", say("livePlot", {seconds, most: number(most)}));
  svg.replaceChildren(svgElement("line", {class: "base", x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1}));
  if (rates.length > 1) svg.append(svgElement("polyline", {points: line}));
}

export function showLive() {
  if (failure !== null) {
    const message = failure.status === 401 ? say("keyMissing") : failure.status === 0 ? say("unreachable") : failure.message;
    byId("live-note").textContent = say("liveFailed", {message});
    return;
  }
  byId("live-note").textContent = say("liveNote");
  if (samples.length === 0) return;
  const after = samples.at(-1), before = samples.at(-2) ?? after;
  const share = (hits) => (after.texts > 0 ? percent(hits / after.texts) : "–");
  const hits = after.tiers.reduce((sum, tier) => sum + tier.hits, 0);
  byId("live-figures").replaceChildren(
    figure(number(rate("texts", before, after)), say("liveTexts")),
    figure(number(rate("tokens", before, after)), say("liveTokens")),
    figure(number(rate("requests", before, after), 1), say("liveRequests")),
    figure(number(after.waiting), say("liveQueue")),
    figure(share(hits), say("liveCache")),
    ...after.tiers.map((tier) => figure(share(tier.hits), say("liveTier", {tier: tier.tier}))));
  showPlot();
}

async function read() {
  try {
    samples = [...samples, takeSample(await readMetricsPage(), performance.now())].slice(-MOST_SAMPLES);
    failure = null;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    failure = error;
  }
  showLive();
}

async function readAgainAndAgain() {
  if (timer !== null || !onScreen || document.hidden) return;
  timer = 0;  // A reading is under way.
  try {
    await read();
  } finally {
    timer = null;
  }
  if (onScreen && !document.hidden) {
    timer = setTimeout(() => { timer = null; readAgainAndAgain(); }, PERIOD_MS);
  }
}

/** Starts reading, whenever the panel is seen. */
export function startLive() {
  new IntersectionObserver((entries) => {
    onScreen = entries.at(-1).isIntersecting;
    readAgainAndAgain();
  }).observe(byId("live-figures").parentElement);
  document.addEventListener("visibilitychange", readAgainAndAgain);
}
