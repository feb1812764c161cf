// openai for Node asks for base64 and decodes whatever comes as base64: a server that ignores the
// request's encoding_format gives wrong vectors, silently.
import {check, expect, model, sameVectors, tellVersion, texts, url, vectors} from "./checks.mjs";
import OpenAI from "openai";

tellVersion("openai");
const client = new OpenAI({baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0});
const rows = (answer) => answer.data.map((entry) => entry.embedding);

await check("base64, its default", async () => sameVectors(rows(await client.embeddings.create({model, input: texts})), vectors));
await check("floats", async () =>
  sameVectors(rows(await client.embeddings.create({model, input: texts, encoding_format: "float"})), vectors));
await check("models", async () => {
  const ids = (await client.models.list()).data.map((entry) => entry.id);
  expect(ids.includes(model), `${ids} lacks ${model}`);
});
await check("an unknown model", async () => {
  const error = await client.embeddings.create({model: "no-such-model", input: "a"}).catch((e) => e);
  expect(error instanceof OpenAI.NotFoundError, `expected NotFoundError, found ${error}`);
});
