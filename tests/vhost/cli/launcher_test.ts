/** scripts/virtfs-vhost-helper: by what names, from where and for what directories it runs, and how it ends. */
import { equal, match } from "node:assert/strict";
import { PROGRAMS } from "../../../scripts/dist.ts";
import { O_CREAT, O_RDWR } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import {
  create,
  lookup,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import { Host } from "../../support/host.ts";
import { run } from "../../support/programs.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { exists, exportWorkspace, workspace } from "../../support/workspace.ts";
import { LAUNCHER } from "../support/helper.ts";
import {
  greet,
  runProgram,
  type StartOptions,
  startProgram,
} from "../support/program.ts";

const test = testsThatNeed("root");
const CHECKOUT = new URL("../../..", import.meta.url).pathname;

/** A directory that can be told from others. */
function marked(path: string): string {
  Deno.mkdirSync(path, { recursive: true });
  Deno.writeFileSync(`${path}/marker`, new Uint8Array(77));
  return path;
}

/** Starts a launcher; what it serves has to be a {@linkcode marked} directory that can be written to. */
async function servesMarked(
  args: readonly string[],
  { program = [LAUNCHER], ...options }: StartOptions = {},
): Promise<string> {
  using place = exportWorkspace();
  await using started = startProgram(place, "connection", args, {
    program,
    ...options,
  });
  using frontEnd = await started.connect();
  const session = greet(frontEnd);
  equal(session.must(lookup(ROOT, "marker")).attributes.size, 77n);
  session.must(create(ROOT, "made", O_RDWR | O_CREAT, 0o600));
  frontEnd.close();
  const { code, output } = await started.end();
  equal(code, 0, output);
  return output;
}

function symlink(target: string, path: string): void {
  using host = new Host();
  host.symlink(target, path);
}

for (
  const name of [
    ...[
      "with space",
      "with,comma",
      "with,,commas,",
      "with'quote",
      "with$dollar",
    ],
    ...[
      'with"double',
      "with*star",
      "ümläut",
      "-dash",
      "new\nline",
      "with=sign",
    ],
  ]
) {
  test(`The launcher shares a directory named ${JSON.stringify(name)}, however it is told of`, async () => {
    using directory = workspace();
    const path = marked(`${directory.path}/${name}`);
    await servesMarked(["--fd=FD", "--shared-dir", path]);
    Deno.removeSync(`${path}/made`);
    const source = `source=${path.replaceAll(",", ",,")}`;
    await servesMarked(["--fd=FD", "-o", `${source},cache=none`]);
  });
}

test("The launcher takes a relative directory, through symlinks of any name", async () => {
  using directory = workspace();
  marked(`${directory.path}/export`);
  symlink(LAUNCHER, `${directory.path}/share`);
  symlink("share", `${directory.path}/link`);
  const output = await servesMarked(["--shared-dir=export", "--fd=FD"], {
    program: [`${directory.path}/link`],
    cwd: directory.path,
  });
  match(output, /virtfs-vhost-helper/);
});

test("A symlink named virtiofsd is this program, whatever it leads to", async () => {
  using directory = workspace();
  const path = marked(`${directory.path}/export`);
  const link = `${directory.path}/virtiofsd`;
  symlink(`${CHECKOUT}scripts/virtfs-proxy-helper`, link);
  await servesMarked([`--shared-dir=${path}`, "--fd=FD"], { program: [link] });
});

for (const other of ["relative", "--"]) {
  Deno.test(`The launcher refuses a directory with a comma together with ${other}`, async () => {
    using directory = workspace();
    const path = marked(`${directory.path}/with,comma`);
    const { code, stdout, stderr } = await run([
      ...[LAUNCHER, `--shared-dir=${path}`],
      ...other === "--" ? ["--fd=3", "--"] : ["--socket-path", other],
    ]);
    equal(code, 1);
    equal(stdout, "");
    match(
      stderr,
      new RegExp(
        `^virtfs-vhost-helper: error: Cannot share .*with,comma together with ${other}: `,
      ),
    );
    equal([...Deno.readDirSync(path)].length, 1);
  });
}

test("Without Deno the launcher says so, under its own name", async () => {
  using directory = workspace();
  symlink("/bin/readlink", `${directory.path}/readlink`);
  const { stdout, stderr, code } = await new Deno.Command("/bin/sh", {
    args: [LAUNCHER, "--version"],
    clearEnv: true,
    env: { PATH: directory.path, HOME: directory.path },
  }).output();
  equal(code, 1);
  equal(stdout.length, 0);
  match(
    new TextDecoder().decode(stderr),
    /^virtfs-vhost-helper: error: Cannot find Deno: /,
  );
});

test("A copy of the launcher says that it needs the program beside it", async () => {
  using directory = workspace();
  Deno.mkdirSync(`${directory.path}/scripts`);
  const copy = `${directory.path}/scripts/virtfs-vhost-helper`;
  Deno.copyFileSync(LAUNCHER, copy);
  const { code, stderr } = await runProgram(["--version"], { program: [copy] });
  equal(code, 1);
  equal(
    stderr,
    `virtfs-vhost-helper: error: Cannot find the program in ${directory.path}: make a symlink to the launcher instead of a copy\n`,
  );
});

test("Who is not root is told what to do", async () => {
  using place = exportWorkspace();
  Deno.chmodSync(place.path, 0o755);
  // The launcher's files may be out of reach of others.
  const { code, stderr } = await runProgram([
    ...[`--shared-dir=${place.export}`, `--socket-path=${place.socket}`],
  ], {
    program: ["setpriv", "--bounding-set=-all", "--inh-caps=-all", LAUNCHER],
  });
  equal(code, 1);
  match(
    stderr,
    /Cannot jail \S+: without CAP_.*unshare --user --map-root-user --mount virtfs-vhost-helper …/,
  );
});

for (const signal of ["SIGINT", "SIGHUP"] as const) {
  test(`${signal} ends it, serving or not`, async () => {
    for (const serves of [false, true]) {
      using place = exportWorkspace();
      await using program = startProgram(place, "path", [
        ...["--socket-path=SOCKET", "--shared-dir=DIR"],
      ]);
      await program.says(/Listening for/);
      using frontEnd = serves ? await program.connect() : undefined;
      if (frontEnd !== undefined) greet(frontEnd);
      program.kill(signal);
      equal((await program.end()).code, 0);
      equal(exists(place.socket), false);
    }
  });
}

test("With --reconnect it ends in the same way, before, between and while it serves", async () => {
  for (const clients of [0, 1, 2]) {
    using place = exportWorkspace();
    await using program = startProgram(place, "path", [
      ...["--socket-path=SOCKET", "--shared-dir=DIR", "--reconnect"],
    ]);
    await program.says(/Listening for/);
    for (let client = 1; client <= clients; client++) {
      using frontEnd = await program.connect();
      greet(frontEnd);
      if (client === 2) program.kill("SIGTERM");
    }
    if (clients < 2) program.kill("SIGTERM");
    const { code, output } = await program.end();
    equal(code, 0, output);
    equal(exists(place.socket), false);
  }
});

const bundleTest = testsThatNeed("root", "bundler");
bundleTest(
  "The launcher, deno.json and the bundle are enough to serve",
  async () => {
    using directory = workspace();
    const { main, bundle, name } = PROGRAMS.find(({ name }) =>
      name === "virtfs-vhost-helper"
    )!;
    for (const place of ["scripts", "dist"]) {
      Deno.mkdirSync(`${directory.path}/${place}`);
    }
    const launcher = `${directory.path}/scripts/${name}`;
    Deno.copyFileSync(LAUNCHER, launcher);
    for (const file of ["scripts/find_deno.sh", "deno.json"]) {
      Deno.copyFileSync(CHECKOUT + file, `${directory.path}/${file}`);
    }
    const bundled = await run([
      ...[Deno.execPath(), "bundle", "-q", "-o"],
      ...[`${directory.path}/dist/${bundle}`, main],
    ], { cwd: CHECKOUT });
    equal(bundled.code, 0, bundled.stderr);
    const path = marked(`${directory.path}/export`);
    const output = await servesMarked(
      [`--shared-dir=${path}`, "--fd=FD", "--print-sandbox"],
      { program: [launcher] },
    );
    match(output, /^ok {4}descriptors +\d+ open, no file but the standard/m);
  },
);
