/** Which Deno the launcher runs; that it asks no network for one; what it says of others. */
import { equal, match } from "node:assert/strict";
import { LAUNCHER } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists, workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "unshare");
const rootTest = testsThatNeed("root");

const ECHOING = new URL("../fixtures/echoing_deno", import.meta.url).pathname;
const REMEDY = "set DENO to the path of Deno 2.7 or newer, or install it, " +
  "as by npm install --global deno";

type Outcome = Record<"stdout" | "stderr", string> & { readonly code: number };

/** A place with nothing in it but what the launcher needs: `bin` is its PATH, `home` its HOME. */
function place() {
  const directory = workspace();
  const bin = `${directory.path}/bin`, home = `${directory.path}/home`;
  for (const path of [bin, home]) Deno.mkdirSync(path);
  for (const tool of ["sh", "readlink"]) link(`/bin/${tool}`, `${bin}/${tool}`);
  // Whoever calls it goes to the network, for all that is known.
  program(`${bin}/npx`, `echo called >>"${directory.path}/npx-was-called"`);
  return {
    ...directory,
    bin,
    home,
    async run(
      env: Record<string, string> = {},
      wrapper: readonly string[] = [],
    ): Promise<Outcome> {
      const [first = "", ...rest] = [...wrapper, "/bin/sh", LAUNCHER, "-h"];
      const { code, stdout, stderr } = await new Deno.Command(first, {
        args: rest,
        clearEnv: true,
        env: { PATH: bin, HOME: home, ...env },
        stdin: "null",
      }).output();
      equal(exists(`${directory.path}/npx-was-called`), false);
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    },
  };
}

function executable(path: string, content: string): string {
  Deno.writeTextFileSync(path, content);
  Deno.chmodSync(path, 0o755);
  return path;
}

function program(path: string, script: string): string {
  return executable(path, `#!/bin/sh\n${script}\n`);
}

/** What says that it is of this version, and shows how it was called. */
function deno(path: string, version: string): string {
  return program(path, `VERSION=${version}\n. ${ECHOING}`);
}

/** The same as npx leaves it behind, of which it returns the path. */
function fetched(home: string, hash: string, version: string): string {
  const directory = `${home}/.npm/_npx/${hash}/node_modules/deno`;
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(
    `${directory}/package.json`,
    `${JSON.stringify({ name: "deno", version, bin: "bin.cjs" }, null, 2)}\n`,
  );
  return deno(`${directory}/deno`, version);
}

/** Makes it somebody else's. */
function give(path: string): void {
  using host = new Host();
  host.lchown(path, 1234, 0);
}

function link(target: string, path: string): void {
  using host = new Host();
  host.symlink(target, path);
}

/** It ran the Deno that it found, which has shown how it was called. */
function started({ code, stdout }: Outcome): void {
  equal(code, 0);
  match(stdout, /^run .* -h\n$/);
}

function refused({ code, stdout, stderr }: Outcome, why: string): void {
  equal(code, 1);
  equal(stdout, "");
  equal(stderr, `virtfs-proxy-helper: error: ${why}\n`);
}

for (
  const [what, make, why] of [
    ["is not there", (path) => path, "there is no such file"],
    [
      "is a directory",
      (path) => (Deno.mkdirSync(path), path),
      "it is a directory",
    ],
    [
      "is not executable",
      (path) => (Deno.writeTextFileSync(path, ""), path),
      "it is not executable",
    ],
    ["is another program", () => "/bin/true", "it is not Deno"],
    [
      "is a program that knows no -V",
      () => "/bin/date",
      "it is not Deno, or does not run here (exit status 1 of its -V)",
    ],
    [
      "is no program for this machine",
      (path) => executable(path, "\x7fELF"),
      /it is not Deno, or does not run here \(exit status \d+ of its -V\)/,
    ],
    [
      "is a script that fails",
      (path) => program(path, "echo no >&2; exit 3"),
      "it is a script that fails when asked for its Deno (exit status 3)",
    ],
    [
      "is a script of something else",
      (path) => program(path, "echo hello"),
      "it is not Deno",
    ],
    [
      "is a script that shows its version alone",
      (path) => program(path, "echo deno 2.9.6 of mine"),
      "it is a script that does not tell where its Deno is",
    ],
    [
      "is a script of a Deno that has gone",
      (path) => program(path, "echo deno 2.9.6 /nowhere/deno"),
      "it is a script, and the Deno behind it is not executable",
    ],
    [
      "is too old",
      (path) => program(path, "echo 'deno 2.4.1 (stable, release)'"),
      "it is Deno 2.4.1, which is too old",
    ],
  ] as [string, (path: string) => string, string | RegExp][]
) {
  Deno.test(`The launcher says in one line that $DENO ${what}`, async () => {
    using here = place();
    const path = make(`${here.path}/deno`);
    const outcome = await here.run({ DENO: path });
    if (typeof why === "string") {
      refused(outcome, `Cannot run ${path}: ${why}; ${REMEDY}`);
    } else {
      match(outcome.stderr, new RegExp(`^.*: ${why.source}; ${REMEDY}\n$`));
      equal(outcome.code, 1);
    }
  });
}

Deno.test("The launcher takes a $DENO without a slash from the path", async () => {
  using here = place();
  deno(`${here.bin}/another`, "2.9.6");
  started(await here.run({ DENO: "another" }));
  refused(
    await here.run({ DENO: "third" }),
    `Cannot run third: there is no such program in PATH; ${REMEDY}`,
  );
});

for (const version of ["2.7.0", "2.7.11", "2.10.0", "3.0.0", "2.9.6-rc.1"]) {
  Deno.test(`The launcher runs a deno of the path that is ${version}`, async () => {
    using here = place();
    deno(`${here.bin}/deno`, version);
    started(await here.run());
  });
}

for (const version of ["1.46.3", "2.4.1", "2.6.10"]) {
  Deno.test(`The launcher names a deno of the path that is ${version}, though a newer one was fetched`, async () => {
    using here = place();
    fetched(here.home, "a", "2.9.6");
    const path = deno(`${here.bin}/deno`, version);
    refused(
      await here.run(),
      `Cannot run ${path}: it is Deno ${version}, which is too old; ${REMEDY}`,
    );
  });
}

Deno.test("The launcher runs the newest Deno that npx has fetched, without npx", async () => {
  using here = place();
  fetched(here.home, "a", "2.7.11");
  fetched(here.home, "b", "2.10.2");
  fetched(here.home, "c", "2.9.6");
  const chosen = fetched(here.home, "d", "2.11.0");
  // Its answer to the question for its path has to be that alone.
  program(chosen, `case $1 in run) echo chosen ;; *) . ${ECHOING} ;; esac`);
  const { code, stdout } = await here.run();
  equal(code, 0);
  equal(stdout, "chosen\n");
});

Deno.test("The launcher looks where npm_config_cache says, too", async () => {
  using here = place();
  fetched(here.path, "a", "2.9.6");
  const env = { npm_config_cache: `${here.path}/.npm` };
  started(await here.run(env));
});

test("Without a network the launcher starts a Deno that was fetched", async () => {
  using here = place();
  fetched(here.home, "a", "2.9.6");
  started(await here.run({}, ["/usr/bin/unshare", "--net"]));
});

const NOTHING =
  "Cannot find Deno: install Deno 2.7 or newer, as by npm install --global deno, or have npx fetch it for this user (npx --yes deno -V), or set DENO to its path";

Deno.test("With an empty path the launcher finds none, nor one in the working directory", async () => {
  using here = place();
  refused(await here.run({ PATH: "" }), NOTHING);
  refused(
    await here.run({ PATH: "", DENO: "deno" }),
    `Cannot run deno: there is no such program in PATH; ${REMEDY}`,
  );
});

for (
  const [what, spoil] of [
    ["is too old", (_, home) => void fetched(home, "a", "2.6.9")],
    ["is not all there", (path) => Deno.removeSync(path)],
    ["is not executable", (path) => Deno.chmodSync(path, 0o644)],
    [
      "has no version",
      (path) => Deno.removeSync(path.replace(/deno$/, "package.json")),
    ],
    ["belongs to somebody else", (path) => give(path)],
    [
      "lies in a directory of somebody else's",
      (path) => give(path.replace(/\/deno\/deno$/, "")),
    ],
    ["lies in the home of somebody else", (_, home) => give(home)],
    [
      "is a symlink",
      (path) => {
        Deno.renameSync(path, `${path}2`);
        link("deno2", path);
      },
    ],
  ] as [string, (path: string, home: string) => void][]
) {
  rootTest(
    `The launcher does not run a fetched Deno that ${what}`,
    async () => {
      using here = place();
      const path = fetched(here.home, "a", "2.9.6");
      spoil(path, here.home);
      refused(await here.run(), NOTHING);
    },
  );
}

Deno.test("Without a HOME the launcher finds no fetched Deno, and says so", async () => {
  using here = place();
  refused(await here.run({ HOME: "" }), NOTHING);
  refused(await here.run({}, ["/usr/bin/env", "-u", "HOME"]), NOTHING);
});
