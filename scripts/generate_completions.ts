/**
 * Writes the shell completions of both programs, which are made from their option
tables.
 *
 * @module
 */
import { DIRECTORY, FILES } from "./completions/files.ts";
import { refuseArguments, runProgram } from "./program/main.ts";
import { say } from "./program/output.ts";

const USAGE = `Usage: deno task generate

Writes the shell completions of both programs, which are made from their option
tables.

  -h, --help  show this and exit`;

await runProgram(USAGE, (args) => {
  refuseArguments(args);
  for (const [name, text] of Object.entries(FILES)) {
    const path = `${DIRECTORY}/${name}`;
    Deno.writeTextFileSync(path, text);
    say(path);
  }
  return 0;
});
