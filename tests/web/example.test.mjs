// What the page opens with shows the four races as four groups, at the threshold that the page chooses: with hashing, which
// a newcomer has, and with all-MiniLM-L6-v2, if it was exported.
//
//   VETOR_COMMAND=build/vetor node --test tests/web/example.test.mjs
import assert from "node:assert/strict";
import {existsSync} from "node:fs";
import test from "node:test";

import {EXAMPLE} from "../../web/example.js";
import {cosines, groupsAt, naturalThreshold, sortedPairs} from "../../web/vectors.js";
import {say} from "../../web/words.js";
import {MINILM, startServer} from "./server_process.mjs";

const RACES = [/São Paulo/, /Mans/, /[Dd]akar/, /Indian[aá]polis/];

async function groupsOf(t, models) {
  const server = await startServer({models});
  t.after(() => server.stop());
  const answer = await fetch(`${server.url}/v1/embeddings`, {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({input: EXAMPLE})});
  const vectors = (await answer.json()).data.map((row) => row.embedding);
  const matrix = cosines(vectors), pairs = sortedPairs(matrix, vectors.length);
  return groupsAt(pairs, vectors.length, naturalThreshold(matrix, pairs, vectors.length));
}

function assertRaces(groups) {
  const several = groups.filter((members) => members.length > 1).map((members) => members.map((at) => EXAMPLE[at]));
  assert.equal(several.length, RACES.length, JSON.stringify(several));
  for (const race of RACES) {
    assert.ok(several.some((names) => names.every((name) => race.test(name))), `${race}: ${JSON.stringify(several)}`);
  }
  assert.equal(several.flat().length, EXAMPLE.length - 1, "one name, in Cyrillic letters, stands alone");
}

test("what the page says of it counts right", () => {
  assert.equal(say("duplicatesCount", {groups: "4", alone: "1"}), "4 groups of duplicates; 1 text stands alone.");
  assert.equal(say("duplicatesCount", {groups: "1", alone: "0"}), "1 group of duplicates; 0 texts stand alone.");
});

test("hashing shows a group per race", async (t) => assertRaces(await groupsOf(t, [])));

test("all-MiniLM-L6-v2 shows a group per race", {skip: !existsSync(`${MINILM}/vetor_model.json`)},
     async (t) => assertRaces(await groupsOf(t, [MINILM])));
