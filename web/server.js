// The routes of the server that the page uses. Addresses are relative to the page, so that it works
// behind a proxy that puts it below a path.

const KEY = "vetor-api-key";

/** An answer that is not a success, with the server's own words. Status 0: there was no answer. */
export class ServerError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const storedKey = () => sessionStorage.getItem(KEY) ?? "";

export function storeKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

/** The words of an error, whichever family of routes gave it. */
async function errorMessage(response) {
  const text = await response.text();
  try {
    const {error, message} = JSON.parse(text);
    return error?.message ?? message ?? error ?? text;
  } catch {
    return text || `${response.status} ${response.statusText}`;
  }
}

async function request(path, {body, signal} = {}) {
  const headers = {};
  if (storedKey()) headers.authorization = `Bearer ${storedKey()}`;
  if (body) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(0, "");
  }
  if (!response.ok) throw new ServerError(response.status, await errorMessage(response));
  return response;
}

/** A row of float32 (little-endian, as this machine's: no browser runs on others). */
export function decodeBase64(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** One vector per text, the tokens that were counted, and the server's time in ms (null if it does not say). */
export async function embed(texts, model, signal) {
  const body = {input: texts, encoding_format: "base64", ...(model && {model})};
  const response = await request("v1/embeddings", {body, signal});
  const answer = await response.json();
  const vectors = new Array(texts.length);
  for (const {index, embedding} of answer.data) vectors[index] = decodeBase64(embedding);
  const time = response.headers.get("x-total-time");
  return {vectors, tokens: answer.usage?.total_tokens ?? 0, milliseconds: time === null ? null : Number(time)};
}

/** The tokens of each text: [{id, text, special, start, stop}]. */
export async function tokenize(texts, model, signal) {
  return (await request("tokenize", {body: {inputs: texts, ...(model && {model})}, signal})).json();
}

export async function readInfo() {
  return (await request("info")).json();
}

/** Names of the models, the one for requests without a name first. */
export async function readModels() {
  return (await (await request("v1/models")).json()).data.map((model) => model.id);
}

export async function readMetricsPage() {
  return (await request("metrics")).text();
}
