/** What `virtfs-shares` makes of the file that the shares stand in. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { parseArguments as parseProxy } from "../../src/cli/arguments.ts";
import { parseArguments as parseVhost } from "../../src/vhost_user_fs/cli/arguments.ts";
import { VERSION } from "../../src/version.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { SHARES } from "./host.ts";

/** What the shell makes of a line: its words. */
async function words(line: string): Promise<string[]> {
  const { stdout } = await run(["sh", "-c", `printf '%s\\n' ${line}`]);
  return stdout.trimEnd().split("\n");
}

/** Runs a command of virtfs-shares with a file of this text. */
async function shares(text: string | Uint8Array, ...args: string[]) {
  using directory = workspace();
  const file = `${directory.path}/shares`;
  Deno.writeFileSync(
    file,
    typeof text === "string" ? new TextEncoder().encode(text) : text,
  );
  const outcome = await run([SHARES, "--file", file, ...args]);
  return { ...outcome, stderr: outcome.stderr.replaceAll(file, "FILE") };
}

Deno.test("The words of a share are those of a shell", async () => {
  const texts = [
    `  name vhost /srv/a --x=1   # comment`,
    `name\tvhost\t/srv/a\t--x=1`,
    `"name" 'vhost' '/srv/a b' "--x=\\"\\\\ \\$HOME \\\`id\\\` \\d" '\\'`,
    `name vhost /a'b'"c"\\ d\\#e#f --x='#'`,
    `name vhost /srv/Zoë "" "--x=ä ö"`,
  ];
  for (const text of texts) {
    const { code, stdout } = await shares(text, "command");
    equal(code, 0);
    const [, , directory, ...options] = await words(text.trim());
    const made = await words(stdout.trimEnd().split(" && exec ")[1]!);
    deepEqual(made, [
      "/usr/libexec/virtfs-vhost-helper",
      `--shared-dir=${directory}`,
      "--socket-path=/run/virtfs-vhost-helper/name",
      "--socket-group=kvm",
      ...options,
    ], text);
  }
});

Deno.test("The programs take the commands that serve a share without systemd", async () => {
  const file = "web vhost /srv/web --readonly\nold proxy /srv/old --readonly\n";
  const { stdout } = await shares(file, "command");
  const [web, old] = await Promise.all(
    stdout.trimEnd().split("\n").map(async (line) =>
      (await words(line.split(" && exec ")[1]!)).slice(1)
    ),
  );
  const vhost = parseVhost(web!), proxy = parseProxy(old!);
  if (vhost.kind !== "serve" || proxy.kind !== "serve") throw new Error();
  deepEqual([vhost.path, vhost.jail.readOnly], ["/srv/web", true]);
  deepEqual([proxy.path, proxy.jail.readOnly], ["/srv/old", true]);
  deepEqual(proxy.foreground, true);
});

Deno.test("A fault is told with the file and the line, and other shares are shown", async () => {
  const faults: [string, RegExp][] = [
    ["web vhost /srv/other", /web stands in line 1 already/],
    ["a/b vhost /x", /can't be called "a\/b"/],
    ["-x vhost /x", /can't be called "-x"/],
    ["'' vhost /x", /can't be called ""/],
    [`${"n".repeat(81)} vhost /x`, /up to 80/],
    ["n1 virtiofs /x", /can't be served by "virtiofs"/],
    ["n2 vhost x", /give an absolute path/],
    ["n3 vhost", /give NAME, PROGRAM and DIRECTORY/],
    ["n4 vhost 'x", /a ' is not closed/],
    ['n5 vhost "x\\"', /a " is not closed/],
    ["n6 vhost /x\\", /nothing follows/],
    ["n7 vhost /x --shared-dir=/etc", /can't have the option/],
    ["n8 vhost /x -o allow_root,source=/etc", /can't have the option/],
    ["n9 vhost /x --socket-path=/x", /can't have the option/],
    ["n10 proxy /x --pat /etc", /can't have the option/],
    ["n11 proxy /x -np/etc", /can't have the option/],
    ["n12 vhost /x\r", /line end of Windows/],
    ["n13 vhost /\xff", /not UTF-8/],
  ];
  const text = [
    "web vhost /srv/web",
    ...faults.map(([line]) => line),
    "z proxy /z",
  ]
    .join("\n");
  const { code, stdout, stderr } = await shares(
    Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    "list",
  );
  equal(code, 1);
  deepEqual(stdout.split("\n").map((line) => line.split(" ")[0]), [
    ...["NAME", "web", "z", ""],
  ]);
  const said = stderr.trimEnd().split("\n");
  equal(said.length, faults.length, stderr);
  for (const [at, [, pattern]] of faults.entries()) {
    match(said[at]!, new RegExp(`^virtfs-shares: error: FILE:${at + 2}: `));
    match(said[at]!, pattern);
  }
});

Deno.test("A fault of one share is none of another that was asked for", async () => {
  const file = "n vhost x\nweb vhost /srv/web\n";
  equal((await shares(file, "command", "web")).code, 0);
  const { code, stderr } = await shares(file, "command", "n");
  equal(code, 1);
  match(stderr, /FILE:1: [^]*There is no share n in FILE/);
});

Deno.test("Names of 80 characters fit into the path of a socket", () => {
  const path = `/run/virtfs-vhost-helper/${"n".repeat(80)}`;
  equal(path.length <= 107, true);
});

Deno.test("A wrong command line ends with status 2", async () => {
  const lines = [[], ["end"], ["list", "a/b"], ["--fast", "list"], [
    "--dry-run",
    "list",
  ]];
  for (const line of lines) {
    const { code, stdout, stderr } = await shares("", ...line);
    deepEqual([code, stdout], [2, ""], line.join(" "));
    match(stderr, /^virtfs-shares: error: .*virtfs-shares --help tells how\n$/);
  }
});

Deno.test("Letters of options can be joined, and a value to its letter", async () => {
  using directory = workspace();
  const file = `${directory.path}/shares`;
  Deno.writeTextFileSync(file, "web vhost /srv/web\n");
  const { code, stdout } = await run([SHARES, `-f${file}`, "command"]);
  deepEqual([code, stdout.includes("--shared-dir=/srv/web")], [0, true]);
  const dry = await run([SHARES, `-nf${file}`, "stop"]);
  deepEqual([dry.code, dry.stderr], [0, ""]);
  match(dry.stdout, /^systemctl stop .*@web\.service$/m);
  equal((await run([SHARES, "-nx", "start"])).code, 2);
});

Deno.test("It says the version that stands in deno.json, through a symlink, too", async () => {
  using directory = workspace();
  const link = `${directory.path}/virtfs-shares`;
  await run(["ln", "-s", SHARES, link]);
  for (const program of [SHARES, link]) {
    const { code, stdout, output } = await run([program, "--version"]);
    equal(output, stdout);
    deepEqual([code, stdout], [0, `virtfs-shares ${VERSION}\n`]);
  }
});

Deno.test("A copy of it alone says that it needs the rest", async () => {
  using directory = workspace();
  const copy = `${directory.path}/virtfs-shares`;
  Deno.copyFileSync(SHARES, copy);
  const { code, output } = await run([copy, "--help"]);
  equal(code, 1);
  match(output, /^virtfs-shares: error: Cannot find the program in .*symlink/);
});

for (
  const [what, path, why] of [
    ["a file that is not there", "/srv/no/shares", "there is no such file"],
    ["a directory", "/srv", "it is no regular file; name another one"],
  ] as const
) {
  Deno.test(`Of ${what} it says why it can't be read, and no more`, async () => {
    const { code, stdout, stderr } = await run([SHARES, "-f", path, "list"]);
    deepEqual([code, stdout], [1, ""]);
    ok(
      stderr.startsWith(`virtfs-shares: error: Cannot read ${path}: ${why}`),
      stderr,
    );
  });
}

Deno.test("The manual has all commands and options of the program's help", async () => {
  const { stdout } = await run([SHARES, "--help"]);
  const manual = Deno.readTextFileSync(MANUAL).replaceAll("\\-", "-");
  const words = [
    ...stdout.matchAll(/^ {2}(?:(-\w), | {4})(--[a-z-]+)|^ {2}([a-z]+) /gm),
  ].flatMap(([, ...words]) => words.filter((word) => word !== undefined));
  deepEqual(words.length, 13);
  for (const word of words) {
    const entry = word.startsWith("-")
      ? new RegExp(`^\\.It Fl .*${word.slice(1)}\\b`, "m")
      : new RegExp(`^\\.It Cm ${word}$`, "m");
    match(manual, entry);
  }
});

const MANUAL = new URL("../../man/virtfs-shares.1", import.meta.url).pathname;

testsThatNeed("groff")("groff finds no fault with the manual", async () => {
  const { output } = await run(["groff", "-mdoc", "-ww", "-z", MANUAL]);
  equal(output, "");
});

const test = testsThatNeed("shellcheck");

test("The linter of shells finds no fault with it", async () => {
  const { code, output } = await run([
    "shellcheck",
    "--external-sources",
    SHARES,
  ]);
  equal(code, 0, output);
});
