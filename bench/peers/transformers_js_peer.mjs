// transformers.js on the same graph. default: batches of 32 in the order given; best: sorted by length first.
// usage: transformers_js_peer.mjs MODEL TEXTS.txt ... [--config default|best] [--check-texts FILE --vectors FILE]; prints a
// JSON line a file. The texts of single.txt are embedded one at a time. --vectors: of the check texts, plain float32.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const args = process.argv.slice(2);
const option = (name, otherwise) => (args.includes(name) ? args.splice(args.indexOf(name), 2)[1] : otherwise);
const config = option("--config", "default");
const checkTexts = option("--check-texts");
const vectorsFile = option("--vectors");
const [model, ...files] = args;
// The packages lie beside the work loads, not beside this script: PEER_MODULES is their folder.
const modules = resolve(process.env.PEER_MODULES);
const require = createRequire(join(modules, "package.json"));
const { env, pipeline } = await import(pathToFileURL(require.resolve("@huggingface/transformers")));
env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(model));

const read = (file) => readFileSync(file, "utf-8").split("\n").filter((line) => line !== "");
const begin = performance.now();
// The graph lies at the top of the folder: infinity finds no other place.
const options = { dtype: "fp32", device: "cpu", subfolder: "" };
const extractor = await pipeline("feature-extraction", basename(resolve(model)), options);

async function embed(some) {
  const order = some.map((_, i) => i);
  if (config === "best") order.sort((a, b) => some[a].length - some[b].length);
  const vectors = new Array(some.length);
  for (let at = 0; at < order.length; at += 32) {
    const rows = order.slice(at, at + 32);
    const found = await extractor(rows.map((i) => some[i]), { pooling: "mean", normalize: true });
    const [count, width] = found.dims;
    if (count !== rows.length) throw new Error(`${count} vectors for ${rows.length} texts`);
    rows.forEach((row, i) => (vectors[row] = found.data.subarray(i * width, (i + 1) * width)));
  }
  return vectors;
}

await embed(read(files[0]).slice(0, 1));
const loadSeconds = (performance.now() - begin) / 1e3;
await embed(read(files[0]).slice(0, 64));
// The package does not export its package.json.
const manifest = join(modules, "node_modules", "@huggingface", "transformers", "package.json");
const versions = { "transformers.js": JSON.parse(readFileSync(manifest, "utf-8")).version, node: process.version };

for (const file of files) {
  const texts = read(file);
  const latencies = [];
  const start = performance.now();
  if (basename(file) === "single.txt") {
    for (const text of texts) {
      const before = performance.now();
      await embed([text]);
      latencies.push(performance.now() - before);
    }
  } else {
    await embed(texts);
  }
  const row = { peer: "transformers.js", config, texts: texts.length, seconds: (performance.now() - start) / 1e3,
    load_seconds: loadSeconds, versions, peak_rss_mb: process.resourceUsage().maxRSS / 1024 };
  if (latencies.length) {
    latencies.sort((a, b) => a - b);
    row.p50_ms = latencies[Math.floor(latencies.length / 2)];
    row.p99_ms = latencies[Math.floor(latencies.length * 0.99)];
  }
  console.log(JSON.stringify(row));
}
if (checkTexts) {
  const vectors = await embed(read(checkTexts));
  writeFileSync(vectorsFile, Buffer.concat(vectors.map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength))));
}
