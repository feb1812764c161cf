// @ai-sdk/openai-compatible sends encoding_format "float" and wants numbers.
import {check, expect, model, sameVectors, tellVersion, texts, url, vectors} from "./checks.mjs";
import {createOpenAICompatible} from "@ai-sdk/openai-compatible";
import {embed, embedMany} from "ai";

tellVersion("@ai-sdk/openai-compatible");
const provider = createOpenAICompatible({name: "vetor", baseURL: `${url}/v1`});
const embedding = provider.textEmbeddingModel(model);

await check("embedMany", async () => sameVectors((await embedMany({model: embedding, values: texts, maxRetries: 0})).embeddings, vectors));
await check("embed", async () => sameVectors([(await embed({model: embedding, value: texts[0], maxRetries: 0})).embedding], vectors.slice(0, 1)));
await check("usage", async () => expect((await embed({model: embedding, value: texts[0]})).usage.tokens > 0, "no tokens"));
