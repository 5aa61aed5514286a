/**
 * Puts each program into one file, with which it starts faster.
 *
 * @module
 */
import { make, PROGRAMS, TOOLS } from "./dist.ts";
import { refuseArguments, runProgram } from "./program/main.ts";
import { say } from "./program/output.ts";

const USAGE = `Usage: deno task bundle

Makes dist/helper.js, dist/vhost-helper.js and dist/top.js, each program in one
file. The helpers' launcher prefers it to the sources as long as none of them is
newer.

  -h, --help  show this and exit

  DENO=PROGRAM  the Deno that bundles`;

await runProgram(USAGE, async (args) => {
  refuseArguments(args);
  for (const { bundle, main } of [...PROGRAMS, ...TOOLS]) {
    say(
      await make({
        name: bundle,
        deno: Deno.env.get("DENO") || Deno.execPath(),
        args: (output) => ["bundle", "-q", "-o", output, main],
        fetched: "esbuild, which Deno bundles with,",
        instead: "do without: the launcher then runs the sources",
      }),
    );
  }
  return 0;
});
