// What the page computes from vectors: similarities, groups, an order and a plane. Pure functions; a
// matrix of n rows is one Float64Array of n * n values, row by row.

/** Cosines of all pairs. The cosine with a vector of zeros is 0. */
export function cosines(vectors) {
  const n = vectors.length;
  const lengths = vectors.map((v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0)));
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const length = lengths[i] * lengths[j];
      let dot = 0;
      if (length > 0) for (let k = 0; k < vectors[i].length; k++) dot += vectors[i][k] * vectors[j][k];
      // Rounding may lead a hair above 1.
      matrix[i * n + j] = matrix[j * n + i] = length > 0 ? Math.min(1, Math.max(-1, dot / length)) : 0;
    }
  }
  return matrix;
}

/** All pairs {a, b, similarity} with a < b, the most similar first. */
export function sortedPairs(matrix, n) {
  const pairs = [];
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) pairs.push({a, b, similarity: matrix[a * n + b]});
  }
  return pairs.sort((x, y) => y.similarity - x.similarity || x.a - y.a || x.b - y.b);
}

function findRoot(parents, i) {
  while (parents[i] !== i) i = parents[i] = parents[parents[i]];
  return i;
}

/** The similarities at which groups join if the threshold falls from 1: n - 1 values, falling. */
export function joinSimilarities(pairs, n) {
  const parents = Array.from({length: n}, (_, i) => i);
  const joins = [];
  for (const {a, b, similarity} of pairs) {
    const x = findRoot(parents, a), y = findRoot(parents, b);
    if (x === y) continue;
    parents[x] = y;
    joins.push(similarity);
  }
  return joins;
}

/** Groups of texts that a chain of pairs at or above the threshold links; the largest first. */
export function groupsAt(pairs, n, threshold) {
  const parents = Array.from({length: n}, (_, i) => i);
  for (const {a, b, similarity} of pairs) {
    if (similarity < threshold) break;
    parents[findRoot(parents, a)] = findRoot(parents, b);
  }
  const groups = new Map();
  for (let i = 0; i < n; i++) {
    const root = findRoot(parents, i);
    groups.set(root, [...(groups.get(root) ?? []), i]);
  }
  return [...groups.values()].sort((x, y) => y.length - x.length || x[0] - y[0]);
}

/**
 * How well groups fit, -1 to 1: the mean silhouette (Rousseeuw 1987) with 1 - cosine as distance. A
 * text that stands alone counts 0.
 */
export function groupingQuality(matrix, n, groups) {
  let sum = 0;
  for (const own of groups) {
    if (own.length === 1) continue;
    for (const i of own) {
      const mean = (members) => members.reduce((total, j) => total + 1 - matrix[i * n + j], 0);
      const inside = (mean(own) - (1 - matrix[i * n + i])) / (own.length - 1);
      const outside = Math.min(...groups.filter((other) => other !== own).map((other) => mean(other) / other.length));
      sum += (outside - inside) / Math.max(inside, outside, 1e-9);
    }
  }
  return sum / n;
}

/**
 * The threshold whose groups fit best, in the middle of the range that gives these groups. 0.9 if no
 * threshold gives several groups of which one is of several texts.
 */
export function naturalThreshold(matrix, pairs, n) {
  const joins = joinSimilarities(pairs, n);
  let best = -Infinity, threshold = 0.9;
  for (let i = 1; i < joins.length; i++) {
    if (joins[i - 1] - joins[i] < 1e-6) continue;
    const middle = (joins[i - 1] + joins[i]) / 2;
    const quality = groupingQuality(matrix, n, groupsAt(pairs, n, middle));
    if (quality > best) [best, threshold] = [quality, middle];
  }
  return threshold;
}

/**
 * An order in which similar texts are neighbours: the leaves of a tree that joins, at each step, the
 * two groups with the highest mean similarity. O(n^3): 200 texts take some milliseconds.
 */
export function similarityOrder(matrix, n) {
  let groups = Array.from({length: n}, (_, i) => [i]);
  let means = Array.from({length: n}, (_, i) => Array.from({length: n}, (__, j) => matrix[i * n + j]));
  while (groups.length > 1) {
    let best = [0, 1];
    for (let i = 0; i < groups.length; i++) {
      for (let j = i + 1; j < groups.length; j++) {
        if (means[i][j] > means[best[0]][best[1]]) best = [i, j];
      }
    }
    const [i, j] = best;
    const left = groups[i].length, right = groups[j].length;
    const joined = means[i].map((mean, k) => (left * mean + right * means[j][k]) / (left + right));
    const others = groups.map((_, k) => k).filter((k) => k !== i && k !== j);
    means = [...others.map((k) => [...others.map((m) => means[k][m]), joined[k]]),
             [...others.map((k) => joined[k]), 1]];
    groups = [...others.map((k) => groups[k]), [...groups[i], ...groups[j]]];
  }
  return groups[0] ?? [];
}

/** The eigenvector of the largest eigenvalue and that eigenvalue, by power iteration. */
function leadingEigenvector(matrix, n) {
  // A start without symmetry, so that it stands on no eigenvector by accident.
  let vector = Float64Array.from({length: n}, (_, i) => Math.sin(i * 12.9898 + 1));
  let value = 0;
  for (let round = 0; round < 300; round++) {
    const next = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) next[i] += matrix[i * n + j] * vector[j];
    value = Math.hypot(...next);
    if (value < 1e-12) return {vector: new Float64Array(n), value: 0};
    vector = next.map((x) => x / value);
  }
  return {vector, value};
}

/**
 * Classical scaling to two dimensions: points whose distances are as near as a plane allows to the
 * distances of the vectors (scaled to length 1). `kept` is the share of the variance that the plane
 * shows, 0 to 1.
 */
export function planePoints(matrix, n) {
  const rowMeans = Float64Array.from({length: n}, (_, i) => matrix.slice(i * n, i * n + n).reduce((a, b) => a + b, 0) / n);
  const mean = rowMeans.reduce((a, b) => a + b, 0) / n;
  const centred = matrix.map((x, at) => x - rowMeans[Math.floor(at / n)] - rowMeans[at % n] + mean);
  let variance = 0;
  for (let i = 0; i < n; i++) variance += centred[i * n + i];
  const axes = [];
  for (let axis = 0; axis < 2; axis++) {
    const {vector, value} = leadingEigenvector(centred, n);
    axes.push({vector, value});
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) centred[i * n + j] -= value * vector[i] * vector[j];
  }
  const coordinate = (axis, i) => axes[axis].vector[i] * Math.sqrt(axes[axis].value);
  const points = Array.from({length: n}, (_, i) => ({x: coordinate(0, i), y: coordinate(1, i)}));
  return {points, kept: variance > 1e-12 ? (axes[0].value + axes[1].value) / variance : 1};
}
