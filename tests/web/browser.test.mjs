// The page in a browser, over a real server with a tiny model:
//
//   VETOR_COMMAND=build/vetor VETOR_CHROMIUM=/usr/bin/chromium node --test tests/web/browser.test.mjs
//
// VETOR_SHOTS=FOLDER keeps a picture of each look.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import test, {after, before} from "node:test";

import {chromium} from "playwright-core";

import {MODEL, startServer} from "./server_process.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const DESK = {width: 1280, height: 900}, PHONE = {width: 360, height: 740};
const EXAMPLE_TEXTS = 16;

let server, browser;

before(async () => {
  server = await startServer();
  browser = await chromium.launch({executablePath: process.env.VETOR_CHROMIUM, args: ["--no-sandbox"]});
});

after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
});

/** Opens the page and fails the test if the browser complains or asks another server. */
async function open(t, {url = server.url, viewport = DESK, wait = true, complaints = false, ...options} = {}) {
  const context = await browser.newContext({viewport, locale: "en-US", ...options});
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) said.push(`asked ${request.url()}`);
  });
  t.after(async () => {
    await context.close();
    if (!complaints) assert.deepEqual(said, []);
  });
  page.response = await page.goto(`${url}/`);
  if (wait) await results(page, EXAMPLE_TEXTS);
  return page;
}

/** Waits until results for that many texts are shown. */
async function results(page, texts) {
  await page.waitForFunction((n) => document.querySelectorAll("#heat tbody tr").length === n, texts);
}

const words = (page, selector) => page.locator(selector).innerText();

async function enter(page, texts) {
  await page.locator("#texts").fill(texts.join("\n"));
  await page.locator("#texts").press("Control+Enter");
}

async function keepPicture(page, name) {
  if (process.env.VETOR_SHOTS) await page.screenshot({path: `${process.env.VETOR_SHOTS}/${name}.png`, fullPage: true});
}

test("it opens with an example, from this server alone and within its policy", async (t) => {
  const page = await open(t);
  assert.match(page.response.headers()["content-security-policy"], /default-src '(none|self)'/);
  assert.doesNotMatch(page.response.headers()["content-security-policy"], /unsafe/);
  assert.equal(await page.locator("#pairs tbody tr").count(), 10);
  assert.equal(await page.locator("#plane .point").count(), EXAMPLE_TEXTS);
  assert.equal(await page.locator("#tokens > li").count(), EXAMPLE_TEXTS);
  assert.match(await words(page, "#status"), /^16 texts, \d+ tokens, \d+ components per vector/);
  assert.match(await words(page, "#model"), /tokens per text/);
});

test("the table of similarities is walked with keys", async (t) => {
  const page = await open(t);
  const fields = page.locator("#heat tbody td");
  assert.equal(await page.locator("#heat tbody td[tabindex='0']").count(), 1);
  await fields.first().focus();
  const first = await words(page, "#heat-readout");
  assert.match(first, /: 1\.00$/);
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await words(page, "#heat-readout"), first);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  const index = await fields.evaluateAll((all) => all.indexOf(document.activeElement));
  assert.equal(index, 2 * EXAMPLE_TEXTS - 1);
  assert.equal(await page.locator("#heat tbody td[tabindex='0']").count(), 1);
});

test("texts are in their own order if the user wants", async (t) => {
  const page = await open(t);
  await page.getByLabel("Similar texts beside each other").uncheck();
  const shown = await page.locator("#heat tbody th .text").allInnerTexts();
  assert.deepEqual(shown, (await page.locator("#texts").inputValue()).split("\n"));
});

test("the slider sets what counts as the same", async (t) => {
  const page = await open(t);
  const slider = page.getByLabel("The same from this similarity on");
  await slider.focus();
  await page.keyboard.press("Home");
  assert.match(await words(page, "#duplicates-count"), /^1 group of duplicates; 0 texts stand alone/);
  assert.equal(await page.locator("#duplicates ul li").count(), EXAMPLE_TEXTS);
  await page.keyboard.press("End");
  assert.match(await words(page, "#duplicates-count"), /^0 groups of duplicates; 16 texts/);
});

test("the user's own texts are compared, as text and not as markup", async (t) => {
  const page = await open(t);
  const markup = "<img src=x onerror=document.title='lost'>";
  await enter(page, [markup, "Grand Prix", "Grand Prix", ""]);
  await results(page, 3);
  assert.equal(await page.title(), "vetor");
  assert.equal(await page.locator("main img").count(), 0);
  assert.ok((await page.locator("#heat tbody th .text").allInnerTexts()).includes(markup));
  assert.equal(await words(page, "#pairs tbody tr:first-child .value"), "1.00");
  await enter(page, ["one"]);
  await page.waitForFunction(() => document.getElementById("status").textContent.includes("at least two"));
  await page.getByRole("button", {name: "Show the example"}).click();
  await results(page, EXAMPLE_TEXTS);
});

test("what the model does not read is struck through", async (t) => {
  const page = await open(t);
  await enter(page, ["race ".repeat(700), "race"]);
  await results(page, 2);
  assert.ok(await page.locator("#tokens > li:first-child s.chip").count() > 100);
  assert.equal(await page.locator("#tokens > li:last-child s.chip").count(), 0);
  assert.match(await words(page, "#tokens > li:first-child .count"), /not read/);
});

test("many texts are bounded, and the page says so", async (t) => {
  const page = await open(t);
  await enter(page, Array.from({length: 230}, (_, i) => `race ${i}`));
  await results(page, 60);
  assert.match(await words(page, "#status"), /^200 texts.*at most 200 texts/s);
  assert.match(await words(page, "#heat-readout"), /first 60 texts/);
});

test("a server with a key: the page asks for it, and keeps it in this tab", async (t) => {
  const locked = await startServer({key: "correct-horse"});
  t.after(() => locked.stop());
  const page = await open(t, {url: locked.url, wait: false, complaints: true});
  const dialog = page.getByRole("dialog", {name: "This server asks for a key"});
  await dialog.waitFor();
  await page.getByLabel("API key").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("The server did not accept that key.").waitFor();
  await page.getByRole("button", {name: "Cancel"}).click();
  await page.getByText("The server wants an API key.").first().waitFor();
  await page.getByRole("button", {name: "Compare"}).click();
  await page.getByLabel("API key").fill("correct-horse");
  await page.keyboard.press("Enter");
  await results(page, EXAMPLE_TEXTS);
  await page.reload();
  await results(page, EXAMPLE_TEXTS);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage)), "{}");
});

test("several models are offered by name", async (t) => {
  const both = await startServer({models: [`first=${MODEL}`, `second=${MODEL}`]});
  t.after(() => both.stop());
  const page = await open(t, {url: both.url});
  const asked = page.waitForRequest((request) => request.url().endsWith("/v1/embeddings"));
  await page.getByRole("combobox", {name: "Model"}).selectOption("second");
  assert.equal((await asked).postDataJSON().model, "second");
  await results(page, EXAMPLE_TEXTS);
});

test("it speaks the browser's language, and the one that the user chose", async (t) => {
  const page = await open(t, {locale: "pt-BR"});
  assert.equal(await page.locator("html").getAttribute("lang"), "pt-BR");
  assert.equal(await words(page, "#heat-title"), "Similaridade de cada par");
  assert.match(await words(page, "#pairs tbody tr:first-child .value"), /^[01],\d\d/);
  await keepPicture(page, "portuguese");
  await page.getByRole("button", {name: "English"}).click();
  assert.equal(await words(page, "#heat-title"), "Similarity of every pair");
  assert.match(await words(page, "#status"), /components per vector/);
  await page.reload();
  await results(page, EXAMPLE_TEXTS);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
});

test("the panel reads the metrics every two seconds, while it is seen", async (t) => {
  const context = await browser.newContext({viewport: DESK, locale: "en-US"});
  t.after(() => context.close());
  const page = await context.newPage();
  await page.clock.install();
  let reads = 0;
  page.on("response", (response) => { reads += response.url().endsWith("/metrics"); });
  await page.goto(`${server.url}/`);
  await page.locator("#live-figures dd").first().waitFor();
  for (let round = 2; round <= 3; round++) {
    const next = page.waitForResponse((response) => response.url().endsWith("/metrics"));
    await page.clock.runFor(2000);
    await next;
    assert.equal(reads, round);
  }
  assert.ok(await page.locator("#live-figures dd").count() >= 5);
  assert.match(await page.locator("#live-plot").getAttribute("aria-label"), /^Texts per second/);
});

test("a server that still loads its model is asked again", async (t) => {
  const page = await open(t, {complaints: true});
  let refusals = 2;
  await page.route("**/v1/embeddings", (route) => refusals-- > 0
    ? route.fulfill({status: 503, json: {error: {message: "the server is still loading its models"}}})
    : route.continue());
  await enter(page, ["a", "b"]);
  await page.getByText("It says: the server is still loading its models").waitFor();
  await results(page, 2);
  assert.match(await words(page, "#status"), /^2 texts/);
});

test("a server that does not answer is named, with the remedy", async (t) => {
  const page = await open(t, {complaints: true});
  await page.route("**/v1/embeddings", (route) => route.abort());
  await enter(page, ["a", "b"]);
  await page.getByRole("alert").filter({hasText: "The server does not answer."}).waitFor();
  await page.unroute("**/v1/embeddings");
  await page.getByRole("button", {name: "Compare"}).click();
  await results(page, 2);
  assert.equal(await page.locator("#error").isVisible(), false);
});

/** Runs in the page: fields of the table whose digits have a contrast below 4.5 to their colour. */
function paleFields() {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const luminance = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((x) => {
      const part = x / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll("#heat tbody td")].filter((field) => {
    const {color, backgroundColor} = getComputedStyle(field);
    const [low, high] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05) < 4.5;
  }).map((field) => `${field.textContent} ${getComputedStyle(field).backgroundColor}`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const [name, viewport] of [["desk", DESK], ["phone", PHONE]]) {
    test(`${colorScheme}, ${name}: readable, named and within the screen`, async (t) => {
      const page = await open(t, {colorScheme, viewport});
      await keepPicture(page, `${colorScheme}-${name}`);
      await page.evaluate(AXE);
      const {violations} = await page.evaluate(() => globalThis.axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}));
      assert.deepEqual(violations.map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" ")}`), []);
      assert.deepEqual(await page.evaluate(paleFields), []);
      const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= seen, `the page is ${wide} px wide on a screen of ${seen}`);
    });
  }
}
