// Reads the text format of Prometheus, as far as the page needs it.

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\.|[^"\\])*)"/g;

/** Samples {name, labels, value} of a page of metrics; comments and what is not a sample are left out. */
export function readMetrics(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const found = line.startsWith("#") ? null : LINE.exec(line);
    if (!found) continue;
    const labels = {};
    for (const [, name, value] of (found[2] ?? "").matchAll(LABEL)) {
      labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    }
    samples.push({name: found[1], labels, value: Number(found[3])});
  }
  return samples;
}

/** The sum of all samples of that name whose labels have the values of `wanted`. */
export function total(samples, name, wanted = {}) {
  return samples
    .filter((s) => s.name === name && Object.entries(wanted).every(([key, value]) => s.labels[key] === value))
    .reduce((sum, s) => sum + s.value, 0);
}

/** The values of one label among the samples of that name, in their order. */
export function labelValues(samples, name, label) {
  return [...new Set(samples.filter((s) => s.name === name && label in s.labels).map((s) => s.labels[label]))];
}
