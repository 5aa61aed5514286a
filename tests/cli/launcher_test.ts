/** scripts/virtfs-proxy-helper: from where, by what name, and with which grants it runs. */
import { equal, match } from "node:assert/strict";
import { LAUNCHER, startServing } from "../support/helpers.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

interface Launch {
  readonly program?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Serves with the given arguments, asks for /marker, and returns its size. */
async function serveWith(
  args: (fd: string) => string[],
  launch: Launch = {},
): Promise<bigint> {
  const { program = LAUNCHER, ...surroundings } = launch;
  await using helper = await startServing({
    directory: "named by the arguments",
    wrapper: (_command, fd) => [program, ...args(String(fd))],
    ...surroundings,
  });
  const { value } = helper.client.lstat("/marker");
  equal(helper.client.mkdir("/made", 0o700, 0, 0).errno, 0);
  await helper.stop();
  return value?.size ?? -1n;
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
    equal(await serveWith((fd) => args(path, fd)), 77n);
  });
}

for (
  const name of [
    "with space",
    "with,comma",
    "with'quote",
    'with"double',
    "with$dollar",
    "with*star",
    "ümläut",
    "-dash",
    "new\nline",
  ]
) {
  test(`The launcher exports a directory named ${JSON.stringify(name)}`, async () => {
    using directory = workspace();
    const path = marked(`${directory.path}/${name}`);
    equal(await serveWith((fd) => ["-n", "-p", path, "-f", fd]), 77n);
  });
}

test("The launcher takes a relative directory, from any directory, through symlinks", async () => {
  using directory = workspace();
  marked(`${directory.path}/export`);
  const link = `${directory.path}/link`, link2 = `${directory.path}/link2`;
  await new Deno.Command("ln", { args: ["-s", LAUNCHER, link] }).output();
  await new Deno.Command("ln", { args: ["-s", "link", link2] }).output();
  equal(
    await serveWith((fd) => ["-n", "-p", "export", "-f", fd], {
      program: link2,
      cwd: directory.path,
    }),
    77n,
  );
});

test("The launcher finds its program through a directory that is a symlink, whatever CDPATH says", async () => {
  using directory = workspace();
  marked(`${directory.path}/export`);
  // What a wrong turn would lead to.
  Deno.mkdirSync(`${directory.path}/decoy/bin`, { recursive: true });
  await new Deno.Command("ln", {
    args: ["-s", LAUNCHER.replace(/\/[^/]*$/, ""), `${directory.path}/bin`],
  }).output();
  equal(
    await serveWith((fd) => ["-n", "-p", "export", "-f", fd], {
      program: "bin/virtfs-proxy-helper",
      cwd: directory.path,
      env: { CDPATH: `${directory.path}/decoy` },
    }),
    77n,
  );
});

test("The launcher exports the directory behind a symlink", async () => {
  using directory = workspace();
  marked(`${directory.path}/export`);
  await new Deno.Command("ln", {
    args: ["-s", "export", `${directory.path}/link`],
  }).output();
  equal(
    await serveWith((fd) => ["-n", "-p", `${directory.path}/link`, "-f", fd]),
    77n,
  );
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
  equal(
    await serveWith((fd) => ["-n", "-p", path, "-f", fd], {
      env: { DENO: "", PATH: `${directory.path}:${Deno.env.get("PATH")}` },
    }),
    77n,
  );
});

Deno.test("The launcher says what to do where there is no Deno", async () => {
  using directory = workspace();
  for (const tool of ["sh", "readlink"]) {
    await new Deno.Command("ln", {
      args: ["-s", `/bin/${tool}`, `${directory.path}/${tool}`],
    }).output();
  }
  const { code, stderr } = await new Deno.Command("/bin/sh", {
    args: [LAUNCHER, "-h"],
    clearEnv: true,
    env: { PATH: directory.path },
  }).output();
  equal(code, 1);
  match(
    new TextDecoder().decode(stderr),
    /^virtfs-proxy-helper: error: Cannot find Deno: install Deno 2.7 or newer, as by npm install --global deno, or set DENO to its path\n$/,
  );
});

for (
  const args of [
    ["-s", "relative"],
    ["-nsrelative"],
    ["--sock=relative"],
    ["--pid-file", "relative"],
    ["--"],
  ]
) {
  Deno.test(`The launcher refuses a directory with a comma together with ${args.join(" ")}`, async () => {
    using directory = workspace();
    const path = marked(`${directory.path}/with,comma`);
    const { code, stderr } = await run([LAUNCHER, "-p", path, ...args], {
      cwd: directory.path,
    });
    equal(code, 1);
    match(
      stderr,
      /error: Cannot export .*with,comma together with (relative|--): /,
    );
    equal([...Deno.readDirSync(path)].length, 1);
  });
}
