/** What `deno task generate` makes is what it would make now. */
import { deepEqual, equal } from "node:assert/strict";
import { DIRECTORY, FILES } from "../../scripts/completions/files.ts";
import { readManifest } from "../../scripts/program/manifest.ts";
import {
  VERSION_MODULE,
  versionModule,
} from "../../scripts/program/version_module.ts";
import { ROOT } from "./commands.ts";

for (const [name, text] of Object.entries(FILES)) {
  Deno.test(`${DIRECTORY}/${name} is what \`deno task generate\` makes`, () => {
    equal(Deno.readTextFileSync(`${ROOT}/${DIRECTORY}/${name}`), text);
  });
}

Deno.test("There is a completion of four programs for each of three shells, and nothing else beside them", () => {
  const names = Array.from(
    Deno.readDirSync(`${ROOT}/${DIRECTORY}`),
    ({ name }) => name,
  );
  deepEqual(names.sort(), Object.keys(FILES).sort());
  equal(names.length, 12);
});

Deno.test(`${VERSION_MODULE} has the version that stands in deno.json`, () => {
  const { version } = readManifest();
  equal(
    Deno.readTextFileSync(`${ROOT}/${VERSION_MODULE}`),
    versionModule(version),
  );
});
