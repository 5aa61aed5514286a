/** What the host mounts and unmounts in the export while it is served is named in the log. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  type RunningHelper,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { descriptors, LIMIT_MS, shell } from "../support/processes.ts";
import { withoutCapability } from "../support/programs.ts";
import { logged } from "../support/said.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { System } from "../support/system.ts";
import { type ExportWorkspace, exportWorkspace } from "../support/workspace.ts";

/** What was said of mounts, without the program's name. */
const told = (output: string): string[] =>
  output.split("\n").filter((line) => line.includes("The host "))
    .map((line) => line.startsWith("{") ? line : logged(line));

const UNSEEN =
  "the guest does not see it, and what it writes there lands below the mount point; restart the helper to share it";

/** A helper with one file system in its export, which has asked for nothing yet. */
interface Harness {
  readonly place: ExportWorkspace;
  /** The host's path of the export. */
  readonly path: string;
  readonly system: System;
  readonly helper: RunningHelper;
  readonly client: RunningHelper["client"];
}

interface Setting {
  readonly args?: readonly string[];
  /** The directory that the file system is mounted on. */
  readonly below?: string;
  /** What the helper is told to export. */
  readonly directory?: (place: ExportWorkspace) => string;
}

function testsIn({ args = [], below = "below", directory }: Setting = {}) {
  const test = testsThatNeed("root", "mount");
  return (name: string, run: (harness: Harness) => Promise<void>) =>
    test(name, async () => {
      using place = exportWorkspace();
      using system = new System();
      const path = place.export;
      for (const name of [below, "later", "dir/inner"]) {
        Deno.mkdirSync(`${path}/${name}`, { recursive: true });
      }
      Deno.mkdirSync(`${place.path}/elsewhere`);
      system.mountTmpfs(`${path}/${below}`, "size=1m");
      await using helper = await startHelper({
        directory: directory?.(place) ?? path,
        socket: place.socket,
        args,
        cwd: place.path,
      });
      const { client } = helper;
      equal(client.lstat(`/${below}`).errno, 0);
      await run({ place, path, system, helper, client });
      await helper.finish();
    });
}

const test = testsIn();

test("A later mount is told of once, and so is its end; others are not", async ({ place, path, system, helper, client }) => {
  system.mountTmpfs(`${place.path}/elsewhere`, "size=1m");
  system.mountTmpfs(`${path}/later`, "size=1m");
  await helper.says(/has mounted/);
  equal(client.mkdir("/later/below-it", 0o700, 0, 0).errno, 0);
  deepEqual([...Deno.readDirSync(`${path}/later`)], []);
  equal(system.unmount(`${place.path}/elsewhere`), "ok");
  equal(system.unmount(`${path}/later`), "ok");
  await helper.says(/has not seen/);
  ok(Deno.statSync(`${path}/later/below-it`).isDirectory);
  system.mountTmpfs(`${path}/dir/inner`, "size=1m");
  await helper.says(/inner/);
  deepEqual(told(await helper.finish()), [
    `warning: The host has mounted tmpfs (tmpfs) on ${path}/later: ${UNSEEN}`,
    `info: The host no longer has tmpfs (tmpfs) on ${path}/later, which the guest has not seen`,
    `warning: The host has mounted tmpfs (tmpfs) on ${path}/dir/inner: ${UNSEEN}`,
  ]);
});

test("A mount that takes the place of another is told, whatever number the kernel gives it", async ({ path, helper }) => {
  for (const name of ["later", "dir/inner"]) {
    const point = `${path}/${name}`;
    for (const which of ["first", "second"]) {
      const source = which + name.length;
      await shell('mount -t tmpfs "$2" "$1"', point, source);
      await helper.says(
        new RegExp(`mounted tmpfs \\(${source}\\) on .*${name}:`),
      );
      await shell('umount "$1"', point);
    }
  }
});

const jsonTest = testsIn({ args: ["--log-format", "json"] });
jsonTest("In JSON it has fields", async ({ path, helper }) => {
  const later = `${path}/later`;
  await shell('mount -t tmpfs "a b" "$1"', later);
  await helper.says(/has mounted/);
  await shell('umount "$1"', later);
  await helper.says(/no longer/);
  const lines = told(await helper.finish()).map((line) => {
    const { time: _time, message: _message, ...rest } = JSON.parse(line);
    return rest;
  });
  const fields = { path: later, fileSystem: "tmpfs", source: "a b" };
  deepEqual(lines, [
    { level: "warning", event: "mounted", ...fields },
    { level: "info", event: "unmounted", ...fields },
  ]);
});

test("What is mounted over the export itself, or moved into it, is told", async ({ place, path, system, helper, client }) => {
  system.mountTmpfs(path, "size=1m");
  await helper.says(/has mounted/);
  equal(client.lstat("/below").errno, 0);
  equal(system.unmount(path), "ok");
  await helper.says(/no longer/);
  const from = `${place.path}/elsewhere`;
  // From a shared parent nothing can be moved.
  await shell('mount --bind "$1" "$1"; mount --make-private "$1"', from);
  Deno.mkdirSync(`${from}/x`);
  await shell('mount -t tmpfs x "$1"', `${from}/x`);
  await shell('mount --move "$1" "$2"', `${from}/x`, `${path}/later`);
  await helper.says(/\(x\)/);
  await shell('umount "$1" "$2"', `${path}/later`, from);
  const [over, overEnd, moved] = told(await helper.finish());
  equal(
    over,
    `warning: The host has mounted tmpfs (tmpfs) on ${path}: ${UNSEEN}`,
  );
  match(overEnd!, /^info: The host no longer has tmpfs/);
  equal(
    moved,
    `warning: The host has mounted tmpfs (x) on ${path}/later: ${UNSEEN}`,
  );
});

test("What the guest uses and the host unmounts lazily is told", async ({ path, system, helper, client }) => {
  system.unmountAll();
  await helper.says(/no longer/);
  equal(client.mkdir("/below/made", 0o700, 0, 0).errno, 0);
  deepEqual(told(await helper.finish()), [
    `warning: The host no longer has tmpfs (tmpfs) on ${path}/below: the guest goes on using it, so that it stays in use until the helper ends`,
  ]);
});

for (
  const [what, directory] of [
    ["relative", () => "export"],
    ["a symlink", (place: ExportWorkspace) => {
      using host = new Host();
      host.symlink("export", `${place.path}/link`);
      return `${place.path}/link`;
    }],
  ] as const
) {
  const test = testsIn({ directory });
  test(`A later mount is told of where the export's name is ${what}`, async ({ path, system, helper }) => {
    system.mountTmpfs(`${path}/later`, "size=1m");
    await helper.says(/has mounted tmpfs \(tmpfs\) on .*\/export\/later:/);
    equal(told(await helper.finish()).length, 1);
  });
}

const renamingTest = testsIn({ below: "top/below" });
renamingTest(
  "A later mount is told of where the export, or a directory, was renamed",
  async ({ place, path, system, helper, client }) => {
    const renamed = `${place.path}/renamed`;
    Deno.renameSync(path, renamed);
    system.mountTmpfs(`${renamed}/later`, "size=1m");
    await helper.says(/\/export\/later/);
    equal(system.unmount(`${renamed}/later`), "ok");
    await helper.says(/has not seen/);
    Deno.renameSync(renamed, path);
    // What lies in it has another path then, and is no other mount.
    equal(client.rename("/top", "/called").errno, 0);
    system.mountTmpfs(`${path}/later`, "size=1m");
    await helper.says(/not seen[^]*has mounted/);
    equal(client.rename("/called", "/top").errno, 0);
    const lines = told(await helper.finish());
    deepEqual(lines.map((line) => line.replace(/ on .*\/export/, " on ")), [
      `warning: The host has mounted tmpfs (tmpfs) on /later: ${UNSEEN}`,
      "info: The host no longer has tmpfs (tmpfs) on /later, which the guest has not seen",
      `warning: The host has mounted tmpfs (tmpfs) on /later: ${UNSEEN}`,
    ]);
  },
);

testsThatNeed("root", "mount")(
  "A later mount is told of while requests keep coming",
  async () => {
    using place = exportWorkspace();
    const log = `${place.path}/log`, later = `${place.export}/later`;
    Deno.mkdirSync(later);
    await using helper = await startServing({
      place,
      wrapper: ["sh", "-c", 'exec "$@" 2>"$0"', log],
    });
    const { client } = helper;
    const mounting = shell('sleep 1; mount -t tmpfs l "$1"', later);
    const end = performance.now() + LIMIT_MS;
    // Nothing is waited for in here: the helper is never idle.
    for (let requests = 0;; requests++) {
      equal(client.lstat("/").errno, 0);
      if (requests % 1000 > 0) continue;
      if (Deno.readTextFileSync(log).includes(`tmpfs (l) on ${later}`)) break;
      ok(performance.now() < end, "It was not told");
    }
    await mounting;
    await shell('umount "$1"', later);
    await helper.finish();
  },
);

testsThatNeed("root", "mount", "strace")(
  "A host that mounts all the time elsewhere is not followed mount by mount",
  async () => {
    using place = exportWorkspace();
    using system = new System();
    const elsewhere = `${place.path}/elsewhere`, log = `${place.path}/strace`;
    for (const path of [elsewhere, `${place.export}/later`]) {
      Deno.mkdirSync(path);
    }
    await using helper = await startServing({
      place,
      socket: true,
      wrapper: ["strace", "-D", "-o", log, "-e", "trace=lseek"],
    });
    const [table] = [...await descriptors(helper.pid)].find(([, name]) =>
      name.endsWith("/mountinfo")
    )!;
    const begin = performance.now();
    for (let round = 0; round < 100; round++) {
      system.mountTmpfs(elsewhere, "size=64k");
      equal(system.unmount(elsewhere), "ok");
      if (round % 10 === 0) await new Promise((go) => setTimeout(go, 5));
    }
    system.mountTmpfs(`${place.export}/later`, "size=1m");
    await helper.says(/has mounted/);
    await helper.finish();
    const seconds = (performance.now() - begin) / 1000;
    const looks =
      Deno.readTextFileSync(log).match(new RegExp(`^lseek\\(${table},`, "gm"))
        ?.length ?? 0;
    // At the beginning, at each change, and a second after that.
    ok(looks > 0 && looks <= 2 * seconds + 4, `${looks} in ${seconds} s`);
    equal(told(helper.output).length, 1);
  },
);

test("More later mounts at once than a log should bear are counted", async ({ path, system, helper }) => {
  // The first second is over: one mount is told at once, and the next look takes a while.
  for (let i = 0; i < 25; i++) {
    Deno.mkdirSync(`${path}/${i}`);
    system.mountTmpfs(`${path}/${i}`, "size=64k");
  }
  await helper.says(/and mounted \d+ more in/);
  const lines = told(await helper.finish());
  const counted = lines.map((line) =>
    Number(/and mounted (\d+) more/.exec(line)?.[1] ?? 1)
  ).reduce((sum, count) => sum + count, 0);
  equal(counted, 25);
  ok(lines.length < 25);
});

testsThatNeed("root", "mount", "setpriv")(
  "In a plain chroot the guest sees later mounts, and nothing is told",
  async () => {
    using place = exportWorkspace();
    using system = new System();
    const later = `${place.export}/later`;
    Deno.mkdirSync(later);
    await using helper = await startHelper({
      place,
      wrapper: withoutCapability("sys_admin"),
    });
    equal(helper.client.lstat("/later").errno, 0);
    system.mountTmpfs(later, "size=1m");
    equal(helper.client.mkdir("/later/made", 0o700, 0, 0).errno, 0);
    ok(Deno.statSync(`${later}/made`).isDirectory);
    deepEqual(told(await helper.finish()), []);
  },
);
