// Texts as a JSON list on standard input, vectors as a JSON list of lists on standard output.
// node transformers_js.mjs FOLDER DTYPE
import { basename, dirname } from "node:path";
import { readFileSync } from "node:fs";
import { env, pipeline } from "@huggingface/transformers";

const [folder, dtype] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = dirname(folder) + "/";
const extractor = await pipeline("feature-extraction", basename(folder), { dtype });
const rows = [];
for (const text of JSON.parse(readFileSync(0, "utf-8"))) {
  const vector = await extractor(text, { pooling: "mean", normalize: true });
  rows.push(Array.from(vector.data));
}
process.stdout.write(JSON.stringify(rows));
