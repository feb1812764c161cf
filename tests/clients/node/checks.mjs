// The same as python/checks.py, for programs of Node.
import {readFileSync} from "node:fs";

const TOLERANCE = 1e-5;
export const {url, model, texts, vectors} = JSON.parse(readFileSync(process.env.VETOR_CLIENTS_CASE, "utf8"));

export function tellVersion(name) {
  const {version} = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8"));
  console.log(JSON.stringify({version}));
}

export async function check(call, answer) {
  let why = "";
  try {
    await answer();
  } catch (error) {
    why = `${error.name}: ${error.message}`;
    process.exitCode = 1;
  }
  console.log(JSON.stringify({call, why}));
}

export function expect(condition, message) {
  if (!condition) throw new Error(message);
}

export function sameVectors(found, expected) {
  expect(found.length === expected.length, `expected ${expected.length} rows, found ${found.length}`);
  found.forEach((row, at) => {
    expect(row.length === expected[at].length, `row ${at} has ${row.length} components, expected ${expected[at].length}`);
    const worst = Math.max(...row.map((x, i) => Math.abs(x - expected[at][i])));
    expect(worst <= TOLERANCE, `row ${at} differs by ${worst}`);
  });
}
