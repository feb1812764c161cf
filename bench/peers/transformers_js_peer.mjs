// transformers.js on the same graph. default: batches of 32 in the order given; best: sorted by length first.
// usage: transformers_js_peer.mjs MODEL TEXTS.txt ... [--config default|best]; prints a JSON line a file. The texts of
// single.txt are embedded one at a time.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const args = process.argv.slice(2);
const at = args.indexOf("--config");
const config = at < 0 ? "default" : args.splice(at, 2)[1];
const [model, ...files] = args;
// The packages lie beside the work loads, not beside this script: PEER_MODULES is their folder.
const modules = resolve(process.env.PEER_MODULES);
const require = createRequire(join(modules, "package.json"));
const { env, pipeline } = await import(pathToFileURL(require.resolve("@huggingface/transformers")));
env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(model));

const read = (file) => readFileSync(file, "utf-8").split("\n").filter((line) => line !== "");
const begin = performance.now();
const extractor = await pipeline("feature-extraction", basename(resolve(model)), { dtype: "fp32", device: "cpu" });

async function embed(some) {
  const order = some.map((_, i) => i);
  if (config === "best") order.sort((a, b) => some[a].length - some[b].length);
  let rows = 0;
  for (let at = 0; at < order.length; at += 32) {
    const batch = order.slice(at, at + 32).map((i) => some[i]);
    rows += (await extractor(batch, { pooling: "mean", normalize: true })).dims[0];
  }
  if (rows !== some.length) throw new Error(`${rows} vectors for ${some.length} texts`);
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
