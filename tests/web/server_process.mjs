// Starts `vetor serve` for a test, on a free port.
import {spawn} from "node:child_process";
import {createInterface} from "node:readline";

const ROOT = new URL("../..", import.meta.url).pathname;
export const MODEL = `${ROOT}tests/data/model/tiny-bert`;
export const MINILM = `${ROOT}models/all-MiniLM-L6-v2`;

/** {url, stop}: a server that is ready. `key`: the API key that it asks for. */
export async function startServer({models = [MODEL], key = ""} = {}) {
  const flags = [...models.flatMap((model) => ["--model", model]), "--port", "0", "--no-cache"];
  // An empty key is an error.
  const env = key === "" ? process.env : {...process.env, VETOR_API_KEY: key};
  const child = spawn(process.env.VETOR_COMMAND, ["serve", ...flags], {stdio: ["ignore", "inherit", "pipe"], env});
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const said = [];
  const ready = new Promise((resolve) => {
    createInterface({input: child.stderr}).on("line", (line) => {
      said.push(line);
      const found = /ready at (http:\/\/[^\s:]+:\d+)/.exec(line);
      if (found) resolve(found[1]);
    });
  });
  const url = await Promise.race([ready, ended.then(() => null)]);
  if (url === null) throw new Error(`vetor serve ended before it was ready: ${said.join("\n")}`);
  return {
    url,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}
