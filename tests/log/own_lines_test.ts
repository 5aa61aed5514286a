/** In the foreground stderr is the log and nothing else: no line is the runtime's. */
import { deepEqual, equal } from "node:assert/strict";
import { LAUNCHER, startHelper } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";

const test = testsThatNeed("root");

/** Variables with which Deno says more, or does more, by itself. */
const LOUD = {
  DENO_LOG: "debug",
  RUST_LOG: "debug",
  OTEL_DENO: "true",
  NODE_OPTIONS: "--inspect",
  NODE_DEBUG: "all",
  NODE_EXTRA_CA_CERTS: "/nowhere",
};

const isOwn = {
  text: (line: string) => /virtfs-proxy-helper: (info|debug): /.test(line),
  json: (line: string) => {
    try {
      return typeof JSON.parse(line).message === "string";
    } catch {
      return false;
    }
  },
};

for (const format of ["text", "json"] as const) {
  for (
    const [what, surroundings] of [
      ["", {}],
      // The compiled program does what Deno's variables say.
      [", whatever is set", { env: LOUD, program: [LAUNCHER] }],
    ] as const
  ) {
    test(`However often SIGUSR1 comes, stderr has lines of the log alone, as ${format}${what}`, async () => {
      await using helper = await startHelper({
        socket: true,
        args: ["--log-format", format],
        ...surroundings,
      });
      const { client } = helper;
      // Deno waits for half a second before it listens for SIGUSR1, too.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      for (let times = 1; times <= 6; times++) {
        equal(client.lstat("/").errno, 0);
        helper.kill("SIGUSR1");
        await helper.says(new RegExp(`(SIGUSR1.* traced[^]*){${times}}`));
      }
      equal(client.lstat("/").errno, 0);
      const output = await helper.finish();
      const lines = output.trimEnd().split("\n");
      equal(lines.length >= 6 + 3, true);
      deepEqual(lines.filter((line) => !isOwn[format](line)), []);
    });
  }
}
