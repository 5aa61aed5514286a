/** The command line as values. */
import { deepEqual, throws } from "node:assert/strict";
import { parseArguments } from "../../src/cli/arguments.ts";

const SERVE = { kind: "serve", path: "/srv", fd: 3, logLevel: "info" };

for (
  const args of [
    ["-n", "-p", "/srv", "-f", "3"],
    ["-n", "-p/srv", "-f3"],
    ["-p/srv", "-nf3"],
    ["-np", "/srv", "-f", "3"],
    ["--nodaemon", "--path", "/srv", "--fd", "3"],
    ["--nodaemon", "--path=/srv", "--fd=3"],
    ["-n", "-p", "/first", "-f", "4", "-p", "/srv", "-f", "3"],
    ["-n", "-p", "/srv", "-f", "3", "operand"],
    ["-n", "-p", "/srv", "-f", "3", "--log-level", "info"],
  ]
) {
  Deno.test(`parseArguments() reads ${args.join(" ")}`, () => {
    deepEqual(parseArguments(args), SERVE);
  });
}

Deno.test("parseArguments() knows help and version before anything else", () => {
  deepEqual(parseArguments(["-h"]), { kind: "help" });
  deepEqual(parseArguments(["--help", "-p", "/srv"]), { kind: "help" });
  deepEqual(parseArguments(["--version"]), { kind: "version" });
});

for (
  const [args, message] of [
    [[], /^Cannot start: no directory to export was given; add -p DIR$/],
    [["-n", "-p", "", "-f", "3"], /^Cannot start: no directory/],
    [["-n", "-p", "/srv"], /^Cannot start: no socket was given; add -f FD$/],
    [["-p", "/srv", "-f", "3"], /^Cannot go to the background: .*; add -n$/],
    [
      ["-n", "-p", "/srv", "-f", "3x"],
      /^Cannot use descriptor 3x: not a number/,
    ],
    [["-n", "-p", "/srv", "-f", "-1"], /-1|ambiguous/],
    [
      ["-n", "-p", "/srv", "-f", "99999999999"],
      /^Cannot use descriptor 99999999999: not a number/,
    ],
    [["-n", "-p", "/srv", "-f", " 3"], /not a number/],
    [["-n", "-p", "/srv", "-f", "0x3"], /not a number/],
    [["-n", "-p", "/srv", "-s", "sock"], /^Cannot use --socket: .*-f FD$/],
    [["-n", "-p", "/srv", "-f", "3", "-u", "1"], /^Cannot use --uid/],
    [["-n", "-p", "/srv", "-f", "3", "-g", "1"], /^Cannot use --gid/],
    [
      ["-n", "-p", "/srv", "-f", "3", "--log-level", "loud"],
      /^Cannot log at level loud: not one of error/,
    ],
    [["-x"], /-x/],
    [["-n", "-p"], /path|-p/],
  ] as const
) {
  Deno.test(`parseArguments() refuses ${JSON.stringify(args)}`, () => {
    throws(() => parseArguments(args), { name: "UsageError", message });
  });
}
