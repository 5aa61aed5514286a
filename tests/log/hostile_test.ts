/** Bytes of strangers never make a second line, nor reach a terminal as they are. */
import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";
import { quoteBytes } from "../../src/log/quote.ts";
import { failedStart, startHelper } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { parseEntry, syslogWorkspace } from "../support/syslog.ts";
import { exportWorkspace } from "../support/workspace.ts";
import { logged } from "../support/said.ts";

const test = testsThatNeed("root");
const mountUnshareTest = testsThatNeed("root", "mount", "unshare");

/** Controls, C1 included, and Unicode's own ends of lines. */
const RAW = /[\p{Cc}\u2028\u2029]/u;

const bytes = (text: string) => new TextEncoder().encode(text);

/** Names as a guest would choose them to harm a reader of the log. */
const NAMES: readonly Uint8Array[] = [
  bytes("\nvirtfs-proxy-helper: error: forged"),
  bytes("\r\n<0>Jan  1 00:00:00 kernel: forged"),
  bytes("\x1b]0;title\x07\x1b[2J\x1b[31m"),
  bytes("\u009b31m\u0085\u008d"),
  bytes("\u2028\u2029\u202e\ufeff"),
  bytes("\x7f\b\b\b\v\f"),
  bytes('","level":"error","x":"'),
  bytes("%s%n%x"),
  // Not UTF-8: cut, overlong, a surrogate, out of range.
  new Uint8Array([0xc3]),
  new Uint8Array([0xc0, 0x8a]),
  new Uint8Array([0xed, 0xa0, 0x80]),
  new Uint8Array([0xf5, 0x80, 0x80, 0x80, 0xff, 0xfe]),
  new Uint8Array(4000).fill(0x0a),
  new Uint8Array(4000).fill(0xff),
  new Uint8Array(65000).fill(0x1b),
  ...fc.sample(fc.uint8Array({ minLength: 1, maxLength: 300 }), {
    numRuns: 60,
    seed: 4,
  }),
];

for (const format of ["text", "json"]) {
  test(`Whatever a name is, its request makes one clean line on stderr, as ${format}`, async () => {
    await using helper = await startHelper({
      args: ["--log-level=debug", `--log-format=${format}`],
    });
    for (const name of NAMES) {
      helper.client.remove(name);
      helper.client.symlink("/nowhere", name, -1, 0);
      helper.client.lgetxattr("/", name, 100);
      // Lets this process read what is said: what nobody reads is lost.
      await new Promise((resolve) => setTimeout(resolve));
    }
    const { output } = await helper.stop();
    const lines = output.slice(0, -1).split("\n");
    equal(lines.length, 2 + 3 * NAMES.length + 1);
    for (const line of lines) {
      equal(RAW.test(line), false, JSON.stringify(line));
      equal(line.includes("\ufffd"), false, "all bytes are UTF-8");
      const message = format === "json"
        ? JSON.parse(line).message
        : logged(line).replace(/^(info|debug): /, "");
      match(
        message,
        /^(REMOVE|SYMLINK|LGETXATTR)\(.*\) = |^(Serving|Sandbox|The peer)/,
      );
    }
  });
}

for (const format of ["text", "json"]) {
  mountUnshareTest(
    `Whatever a name is, its request makes one clean datagram, as ${format}`,
    async () => {
      using place = syslogWorkspace();
      const { log } = place;
      await using daemon = await place.start({
        args: ["--log-level=debug", `--log-format=${format}`],
      });
      match(parseEntry(log.receiveText()).message, /Serving /);
      match(parseEntry(log.receiveText()).message, /Sandbox/);
      for (const name of NAMES) {
        daemon.client.remove(name);
        const text = log.receiveText();
        equal(RAW.test(text), false, JSON.stringify(text));
        const { severity, message } = parseEntry(text);
        equal(severity, 7);
        const trace = format === "json" ? JSON.parse(message).message : message;
        match(trace, /^REMOVE\(".*"(\.\.\.)?\) = -1 E[A-Z]+$/);
      }
      deepEqual(log.drain(), []);
    },
  );
}

test("The name of an export makes one clean line", async () => {
  using place = exportWorkspace();
  const path =
    `${place.path}/\nvirtfs-proxy-helper: error: forged\x1b[31m\u009b\u2028`;
  Deno.mkdirSync(path);
  await using helper = await startHelper({ directory: path });
  equal(helper.client.lstat("/").errno, 0);
  const { output } = await helper.stop();
  const lines = output.slice(0, -1).split("\n");
  equal(lines.length, 3);
  match(
    lines[0]!,
    /: info: Serving .*\\u000avirtfs-proxy-helper: error: forged/,
  );
  equal(lines.some((line) => RAW.test(line)), false);
});

const FORGED = "\nvirtfs-proxy-helper: info: forged\x1b[31m\u009b\u2028\r";
for (
  const [what, args] of [
    ["the directory", ["-n", "-p", FORGED, "-f", "3"]],
    ["the descriptor", ["-n", "-p", "/", "-f", FORGED]],
    ["the socket's owner", ["-p/", "-s/gone/x", "-u", FORGED, "-g0"]],
    ["the socket's directory", ["-p/", `-s/gone${FORGED}/x`, "-u0", "-g0"]],
    ["the pid file", ["-p/", "-s/gone/x", "-u0", "-g0", "--pid-file", FORGED]],
    ["a level", ["-p/", "-f3", "--log-level", FORGED]],
    ["an option", [`--${FORGED}`]],
    ["a letter", ["-\n", "-\x1b"]],
  ] as const
) {
  test(`What is said about ${what} is one clean line`, async () => {
    const stderr = await failedStart({ args });
    const said = stderr.split("\n").filter((line) =>
      !line.includes("Cannot log in the background")
    );
    match(said[0]!, /^virtfs-proxy-helper: error: Cannot /);
    equal(RAW.test(said[0]!), false, JSON.stringify(said[0]));
    // Then the usage, or nothing.
    match(said[1]!, /^$|^Try "virtfs-proxy-helper --help"/);
    equal(/^virtfs-proxy-helper: info: forged/m.test(stderr), false);
  });
}

Deno.test("quoteBytes() says of each byte which it was", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 256 }), (name) => {
      const text = quoteBytes(name);
      match(text, /^"[\x20-\x7e]*"$/);
      deepEqual(unquote(text), [...name]);
    }),
  );
});

/** Reads a C string literal. */
function unquote(text: string): number[] {
  const escapes: Record<string, number> = { t: 9, n: 10, r: 13 };
  return [...text.slice(1, -1).matchAll(/\\x(..)|\\(.)|(.)/g)].map((
    [, hex, escape, plain],
  ) =>
    hex !== undefined
      ? parseInt(hex, 16)
      : escape !== undefined
      ? escapes[escape] ?? escape.charCodeAt(0)
      : plain!.charCodeAt(0)
  );
}
