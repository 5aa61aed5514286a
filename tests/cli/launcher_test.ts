/** scripts/virtfs-proxy-helper: from where, by what name, and with which grants it runs. */
import { equal, match } from "node:assert/strict";
import { failedStart, LAUNCHER, startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

interface Launch {
  readonly program?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Starts the launcher with the given arguments; what it serves has to be a {@linkcode marked} directory. */
async function servesMarked(
  args: (fd: string) => string[],
  { program = LAUNCHER, ...surroundings }: Launch = {},
): Promise<void> {
  await using helper = await startServing({
    directory: "named by the arguments",
    wrapper: (_command, fd) => [program, ...args(String(fd))],
    ...surroundings,
  });
  equal(helper.client.lstat("/marker").value?.size, 77n);
  equal(helper.client.mkdir("/made", 0o700, 0, 0).errno, 0);
  await helper.stop();
}

function symlink(target: string, path: string): void {
  using host = new Host();
  host.symlink(target, path);
}

function marked(path: string): string {
  Deno.mkdirSync(path, { recursive: true });
  Deno.writeFileSync(`${path}/marker`, new Uint8Array(77));
  return path;
}

for (
  const [what, args] of [
    ["-p DIR", (dir: string, fd: string) => ["-n", "-p", dir, "-f", fd]],
    ["-pDIR", (dir, fd) => ["-n", `-p${dir}`, `-f${fd}`]],
    ["-npDIR", (dir, fd) => ["-f", fd, `-np${dir}`]],
    ["-nf FD -p DIR", (dir, fd) => ["-nf", fd, "-p", dir]],
    ["--path DIR", (dir, fd) => ["--nodaemon", "--fd", fd, "--path", dir]],
    ["--path=DIR", (dir, fd) => ["--nodaemon", `--fd=${fd}`, `--path=${dir}`]],
    [
      "the last of two",
      (dir, fd) => ["-n", "-p", "/nowhere", "-f", fd, "-p", dir],
    ],
    [
      "a value that looks like an option before it",
      (dir, fd) => ["-n", "--log-level", "info", "-f", fd, "-p", dir],
    ],
  ] as [string, (dir: string, fd: string) => string[]][]
) {
  test(`The launcher grants the directory given by ${what}`, async () => {
    using directory = workspace();
    const path = marked(`${directory.path}/export`);
    await servesMarked((fd) => args(path, fd));
  });
}

for (
  const name of [
    ...["with space", "with,comma", "with'quote", 'with"double', "with$dollar"],
    ...["with*star", "ümläut", "-dash", "new\nline"],
  ]
) {
  test(`The launcher exports a directory named ${JSON.stringify(name)}`, async () => {
    using directory = workspace();
    const path = marked(`${directory.path}/${name}`);
    await servesMarked((fd) => ["-n", "-p", path, "-f", fd]);
  });
}

test("The launcher takes a relative directory, from any directory, through symlinks", async () => {
  using directory = workspace();
  marked(`${directory.path}/export`);
  const link2 = `${directory.path}/link2`;
  symlink(LAUNCHER, `${directory.path}/link`);
  symlink("link", link2);
  await servesMarked((fd) => ["-n", "-p", "export", "-f", fd], {
    program: link2,
    cwd: directory.path,
  });
});

test("The launcher finds its program through a directory that is a symlink, whatever CDPATH says", async () => {
  using directory = workspace();
  marked(`${directory.path}/export`);
  // What a wrong turn would lead to.
  Deno.mkdirSync(`${directory.path}/decoy/bin`, { recursive: true });
  await new Deno.Command("ln", {
    args: ["-s", LAUNCHER.replace(/\/[^/]*$/, ""), `${directory.path}/bin`],
  }).output();
  await servesMarked((fd) => ["-n", "-p", "export", "-f", fd], {
    program: "bin/virtfs-proxy-helper",
    cwd: directory.path,
    env: { CDPATH: `${directory.path}/decoy` },
  });
});

test("The launcher exports the directory behind a symlink", async () => {
  using directory = workspace();
  marked(`${directory.path}/export`);
  symlink("export", `${directory.path}/link`);
  await servesMarked((fd) => ["-n", "-p", `${directory.path}/link`, "-f", fd]);
});

test("The launcher looks behind a `deno` that is a script, as npm installs it", async () => {
  using directory = workspace();
  const path = marked(`${directory.path}/export`);
  const shim = `${directory.path}/deno`;
  Deno.writeTextFileSync(
    shim,
    `#!/bin/sh\nexec 2>/dev/null "${Deno.execPath()}" "$@"\n`,
  );
  Deno.chmodSync(shim, 0o755);
  await servesMarked((fd) => ["-n", "-p", path, "-f", fd], {
    env: { DENO: "", PATH: `${directory.path}:${Deno.env.get("PATH")}` },
  });
});

for (
  const args of [
    ...[["-s", "relative"], ["-nsrelative"], ["--sock=relative"]],
    ...[["--pid-file", "relative"], ["--"]],
  ]
) {
  Deno.test(`The launcher refuses a directory with a comma together with ${args.join(" ")}`, async () => {
    using directory = workspace();
    const path = marked(`${directory.path}/with,comma`);
    const stderr = await failedStart({
      program: [LAUNCHER],
      args: ["-p", path, ...args],
      cwd: directory.path,
    });
    match(
      stderr,
      /error: Cannot share .*with,comma together with (relative|--): /,
    );
    equal([...Deno.readDirSync(path)].length, 1);
  });
}
