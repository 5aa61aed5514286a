import { ok } from "node:assert/strict";
import { DIFFERENCES } from "./differences.ts";

Deno.test("every intended difference is asked for by a test", () => {
  const here = new URL(".", import.meta.url);
  const tests = [...Deno.readDirSync(here)]
    .filter(({ name }) => name.endsWith("_test.ts"))
    .map(({ name }) => Deno.readTextFileSync(new URL(name, here)))
    .join("\n");
  for (const name of Object.keys(DIFFERENCES)) {
    ok(tests.includes(`"${name}"`), `Nothing asks for "${name}"`);
  }
});
