/** Which form of the program the launcher runs: its sources, or one file made of them. */
import { equal, match } from "node:assert/strict";
import { PROGRAMS } from "../../scripts/dist.ts";
import { startHelper } from "../support/helpers.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "bundler");

const ROOT = new URL("../..", import.meta.url).pathname;
const [PROXY, VHOST] = PROGRAMS;
const BUNDLE = `dist/${PROXY.bundle}`;

/** An installed helper in `directory`: the launcher, and files of the given times, in seconds. */
function install(
  directory: string,
  files: Readonly<Record<string, number>>,
  { name, main }: typeof PROGRAMS[number] = PROXY,
): string {
  const launcher = `${directory}/scripts/${name}`;
  for (
    const name of [
      ...["scripts", "src/proxy/far/below", "src/vhost_user_fs", "ffi", "dist"],
    ]
  ) {
    Deno.mkdirSync(`${directory}/${name}`, { recursive: true });
  }
  Deno.copyFileSync(`${ROOT}scripts/${name}`, launcher);
  Deno.copyFileSync(
    `${ROOT}scripts/find_deno.sh`,
    `${directory}/scripts/find_deno.sh`,
  );
  for (
    const [name, time] of Object.entries({
      "deno.json": 1,
      [main]: 1,
      ...files,
    })
  ) {
    Deno.writeTextFileSync(`${directory}/${name}`, "");
    Deno.utimeSync(`${directory}/${name}`, time, time);
  }
  for (
    const name of [
      ...["proxy/far/below", "proxy/far", "proxy", "vhost_user_fs", ""],
      "../ffi",
    ]
  ) {
    Deno.utimeSync(`${directory}/src/${name}`, 1, 1);
  }
  return launcher;
}

function removeSources(directory: string): void {
  for (const name of ["src", "ffi"]) {
    Deno.removeSync(`${directory}/${name}`, { recursive: true });
  }
}

/** The program that the launcher would run, by a Deno that only says with which arguments it was called. */
async function chosen(launcher: string): Promise<string | undefined> {
  const { code, stdout } = await run([launcher, "--version"], {
    env: { DENO: `${ROOT}tests/fixtures/echoing_deno` },
  });
  equal(code, 0);
  return / -P=helper (.*) --version\n$/.exec(stdout)?.[1];
}

for (const installed of PROGRAMS) {
  const { name, main } = installed;
  const bundle = `dist/${installed.bundle}`;
  const other = `dist/${(installed === PROXY ? VHOST : PROXY).bundle}`;
  for (
    const [what, files, program] of [
      ["Without a bundle", {}, main],
      ["With the other program's bundle", { [other]: 2 }, main],
      ["With a bundle of these sources", { [bundle]: 2 }, bundle],
      [
        "With a bundle that is older than a source",
        { [bundle]: 2, "src/proxy/serve.ts": 3 },
        main,
      ],
      [
        "With a bundle that is older than a libc function",
        { [bundle]: 2, "ffi/libc.ts": 3 },
        main,
      ],
      [
        "With a bundle that is older than a source far below",
        { [bundle]: 2, "src/proxy/far/below/it.ts": 3 },
        main,
      ],
      [
        "With a bundle of the same time, as packages have it,",
        { [bundle]: 2, "ffi/libc.ts": 2 },
        bundle,
      ],
    ] as [string, Record<string, number>, string][]
  ) {
    Deno.test(`${what} ${name} runs ${program}`, async () => {
      using directory = workspace();
      const launcher = install(directory.path, files, installed);
      equal(await chosen(launcher), `${directory.path}/${program}`);
    });
  }
}

Deno.test("A source that was taken away makes the bundle old, too", async () => {
  using directory = workspace();
  const launcher = install(directory.path, { [BUNDLE]: 2 });
  Deno.utimeSync(`${directory.path}/src/proxy`, 3, 3);
  equal(await chosen(launcher), `${directory.path}/${PROXY.main}`);
});

Deno.test("With a bundle and no sources the launcher runs the bundle", async () => {
  using directory = workspace();
  const launcher = install(directory.path, { [BUNDLE]: 2 });
  removeSources(directory.path);
  equal(await chosen(launcher), `${directory.path}/${BUNDLE}`);
});

test("The launcher, deno.json and the bundle are enough to serve", async () => {
  using directory = workspace();
  const launcher = install(directory.path, {});
  Deno.copyFileSync(`${ROOT}deno.json`, `${directory.path}/deno.json`);
  const file = `${directory.path}/${BUNDLE}`;
  const bundled = await run(
    [Deno.execPath(), "bundle", "-q", "-o", file, PROXY.main],
    { cwd: ROOT },
  );
  equal(bundled.code, 0, bundled.stderr);
  removeSources(directory.path);
  const path = `${directory.path}/export`;
  Deno.mkdirSync(path);
  await using helper = await startHelper({
    directory: path,
    program: [launcher],
    args: ["--print-sandbox"],
  });
  equal(helper.client.mkdir("/made", 0o700, 1000, 1000).errno, 0);
  equal(helper.client.lstat("/made").value?.uid, 1000);
  const output = await helper.finish();
  match(output, /^ok {4}descriptors +\d+ open, no file but the standard/m);
});
