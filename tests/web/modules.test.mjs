// The parts of the page that need no browser: node --test tests/web
import assert from "node:assert/strict";
import test from "node:test";

import {labelValues, readMetrics, total} from "../../web/prometheus.js";
import {decodeBase64} from "../../web/server.js";
import {unreadTokens} from "../../web/tokens.js";
import {cosines, groupingQuality, groupsAt, joinSimilarities, naturalThreshold, planePoints, similarityOrder, sortedPairs}
  from "../../web/vectors.js";
import {LANGUAGES, wordKeys} from "../../web/words.js";

// Two near each other, two near each other, far between.
const VECTORS = [[1, 0, 0.1], [0, 1, 0], [1, 0.1, 0], [0.1, 1, 0]].map((v) => Float32Array.from(v));
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not near ${b}`);

test("cosines are symmetric, 1 with itself, and 0 with a vector of zeros", () => {
  const matrix = cosines([...VECTORS, new Float32Array(3)]);
  near(matrix[0], 1);
  near(matrix[1 * 5 + 3], 1 / Math.sqrt(1.01));
  assert.equal(matrix[1 * 5 + 3], matrix[3 * 5 + 1]);
  assert.equal(matrix[0 * 5 + 4], 0);
  assert.ok(matrix.every((value) => value <= 1));
});

test("pairs are sorted and complete", () => {
  const pairs = sortedPairs(cosines(VECTORS), 4);
  assert.equal(pairs.length, 6);
  assert.deepEqual([pairs[0].a, pairs[0].b], [1, 3]);
  assert.ok(pairs.every((pair, i) => i === 0 || pairs[i - 1].similarity >= pair.similarity));
});

test("the natural threshold separates what lies apart", () => {
  const matrix = cosines(VECTORS), pairs = sortedPairs(matrix, 4);
  assert.equal(joinSimilarities(pairs, 4).length, 3);
  const threshold = naturalThreshold(matrix, pairs, 4);
  assert.deepEqual(groupsAt(pairs, 4, threshold), [[0, 2], [1, 3]]);
  assert.deepEqual(groupsAt(pairs, 4, 1.1), [[0], [1], [2], [3]]);
  assert.deepEqual(groupsAt(pairs, 4, -1), [[0, 1, 2, 3]]);
  const two = cosines(VECTORS.slice(0, 2));
  assert.equal(naturalThreshold(two, sortedPairs(two, 2), 2), 0.9);
});

test("a chain from group to group does not hide that there are several", () => {
  // Four groups on a circle, of which two lie nearer to each other than the widest gap within one.
  const angles = [0, 0.05, 0.1, 0.42, 0.47, 0.52, 1.5, 1.62, 1.74, 2.6, 2.62];
  const matrix = cosines(angles.map((a) => [Math.cos(a), Math.sin(a)])), n = angles.length;
  const pairs = sortedPairs(matrix, n);
  const groups = groupsAt(pairs, n, naturalThreshold(matrix, pairs, n));
  assert.deepEqual(groups, [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10]]);
  assert.ok(groupingQuality(matrix, n, groups) > groupingQuality(matrix, n, groupsAt(pairs, n, Math.cos(0.5))));
});

test("the order puts similar texts beside each other and loses none", () => {
  const order = similarityOrder(cosines(VECTORS), 4);
  assert.deepEqual([...order].sort(), [0, 1, 2, 3]);
  assert.equal(Math.abs(order.indexOf(0) - order.indexOf(2)), 1);
  assert.equal(Math.abs(order.indexOf(1) - order.indexOf(3)), 1);
  assert.deepEqual(similarityOrder(new Float64Array(0), 0), []);
});

test("distances on the plane are those of points that lie on a plane", () => {
  const angles = [0, 0.3, 1.1, 2];
  const vectors = angles.map((a) => Float32Array.from([Math.cos(a), Math.sin(a), 0, 0]));
  const {points, kept} = planePoints(cosines(vectors), 4);
  near(kept, 1);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      near(Math.hypot(points[i].x - points[j].x, points[i].y - points[j].y), 2 * Math.sin(Math.abs(angles[i] - angles[j]) / 2));
    }
  }
});

test("equal vectors give a plane of one point, not NaN", () => {
  const {points, kept} = planePoints(cosines([VECTORS[0], VECTORS[0], VECTORS[0]]), 3);
  assert.equal(kept, 1);
  assert.ok(points.every(({x, y}) => x === 0 && y === 0));
});

test("special tokens at the end are read, those before them are cut", () => {
  const token = (special) => ({special});
  const tokens = [token(true), token(false), token(false), token(false), token(true)];
  assert.deepEqual(unreadTokens(tokens, 4), [3]);
  assert.deepEqual(unreadTokens(tokens, 5), []);
  assert.deepEqual(unreadTokens(tokens, null), []);
  assert.deepEqual(unreadTokens(tokens.slice(0, 4), 3), [3]);
});

test("metrics are read with their labels", () => {
  const samples = readMetrics('# HELP a_total A.\n# TYPE a_total counter\na_total{tier="memory",x="a\\"}b"} 3\na_total{tier="disk"} 4e0\nb 1\n\n');
  assert.equal(total(samples, "a_total"), 7);
  assert.equal(total(samples, "a_total", {tier: "disk"}), 4);
  assert.equal(samples[0].labels.x, 'a"}b');
  assert.deepEqual(labelValues(samples, "a_total", "tier"), ["memory", "disk"]);
  assert.equal(total(samples, "c"), 0);
});

test("base64 is float32, the low byte first", () => {
  assert.deepEqual([...decodeBase64("AACAPwAAAMA=")], [1, -2]);
});

test("every language has every word", () => {
  const [first, ...others] = LANGUAGES;
  for (const other of others) assert.deepEqual(wordKeys(other).sort(), wordKeys(first).sort());
});
