/**
 * Compiles each program to one binary, with its grants inside.
 *
 * The compiler is `$DENO`, or the Deno that runs this.
 *
 * @module
 */
import { make, PROGRAMS } from "./dist.ts";
import { runProgram, UsageError } from "./program/main.ts";
import { say } from "./program/output.ts";

const USAGE = `Usage: deno task compile [DIRECTORY]...

Makes dist/virtfs-proxy-helper and dist/virtfs-vhost-helper, binaries that need
no Deno, and that may export the DIRECTORIES and what is below them; without
any, all that there is.

  -h, --help  show this and exit

  DENO=PROGRAM         the Deno that compiles
  DENORT_BIN=PROGRAM   the base of the binary; without it Deno fetches one`;

await runProgram(USAGE, async (args) => {
  const roots = args.length > 0 ? args : ["/"];
  const bad = roots.find((root) => !root.startsWith("/") || root.includes(","));
  if (bad !== undefined) {
    throw new UsageError(
      `Cannot grant ${bad}: give absolute paths without commas`,
    );
  }
  for (const { name, main } of PROGRAMS) {
    const path = await compile(name, main, roots);
    say(`${path} may export ${roots.join(", ")}`);
  }
  return 0;
});

function compile(
  name: string,
  main: string,
  roots: readonly string[],
): Promise<string> {
  return make({
    name,
    deno: Deno.env.get("DENO") || Deno.execPath(),
    args: (output) => [
      ...["compile", "--quiet", "--no-prompt"],
      // The cache would be a file of a known name in $TMPDIR: who makes that
      // file first has root run what is in it.
      "--no-code-cache",
      // Which gives back what the start took, see src/deno_runtime/memory.ts.
      "--v8-flags=--expose-gc",
      "-P=helper",
      ...roots.flatMap((root) => [
        `--allow-read=${root}`,
        `--allow-write=${root}`,
      ]),
      ...["--output", output, main],
    ],
    fetched: "denort, the base of the binary,",
    instead: "set DENORT_BIN to the path of one of the same version",
  });
}
