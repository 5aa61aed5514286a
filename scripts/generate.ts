/**
 * Writes what is made from other files: the shell completions of all programs,
 * from tables of their options, and src/version.ts, from deno.json.
 *
 * @module
 */
import { DIRECTORY, FILES } from "./completions/files.ts";
import { refuseArguments, runProgram } from "./program/main.ts";
import { readManifest } from "./program/manifest.ts";
import { say } from "./program/output.ts";
import { VERSION_MODULE, versionModule } from "./program/version_module.ts";

const USAGE = `Usage: deno task generate

Writes the shell completions of all programs, which are made from tables of
their options, and src/version.ts, which has the version that stands in
deno.json.

  -h, --help  show this and exit`;

await runProgram(USAGE, (args) => {
  refuseArguments(args);
  for (const [name, text] of Object.entries(FILES)) {
    write(`${DIRECTORY}/${name}`, text);
  }
  write(VERSION_MODULE, versionModule(readManifest().version));
  return 0;
});

function write(path: string, text: string): void {
  Deno.writeTextFileSync(path, text);
  say(path);
}
