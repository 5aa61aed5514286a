/** The files of a host as they come, change and go, whatever somebody puts there. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Watch } from "../../scripts/top/watch.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { ROOT } from "../support/isolated_program.ts";
import { run } from "../support/programs.ts";
import { workspace } from "../support/workspace.ts";
import { sample } from "./figures.ts";

const rootTest = testsThatNeed("root");

/** An arbitrary time, in ms since 1970. */
const T = 1_795_700_000_000;

/** Writes a file as a helper does. */
function write(path: string, text: string, time: number): void {
  Deno.writeTextFileSync(`${path}.new`, text);
  Deno.utimeSync(`${path}.new`, time / 1000, time / 1000);
  Deno.renameSync(`${path}.new`, path);
}

/** What is known, in words. */
function seen(watch: Watch): string[] {
  return watch.entries.map(({ path, track, fault, gone }) =>
    `${path.replace(/.*\//, "")}: ${
      gone !== undefined ? "gone" : fault ?? track?.figures.share
    }`
  );
}

Deno.test("Files are found when they come, read when they change, and have gone when they go", () => {
  using place = workspace();
  const watch = new Watch([place.path]);
  watch.look(T);
  deepEqual(seen(watch), []);
  deepEqual(watch.troubles, []);
  write(`${place.path}/b.prom`, sample(), T);
  write(`${place.path}/a.prom`, sample({ share: "/a" }), T);
  // Of somebody else, not whole yet, and of another format.
  write(`${place.path}/node.prom`, "node_time_seconds 1\n", T);
  write(`${place.path}/.c.prom`, "virtfs_", T);
  write(`${place.path}/c.json`, "{}", T);
  watch.look(T + 1_000);
  deepEqual(seen(watch), ["a.prom: /a", "b.prom: /srv/share"]);
  write(`${place.path}/a.prom`, sample({ share: "/a", factor: 2 }), T + 2_000);
  watch.look(T + 2_000);
  const [a, b] = watch.entries;
  ok((a?.track?.rates(T + 2_000)?.requests ?? 0) > 0);
  equal(b?.track?.rates(T + 2_000), undefined);

  Deno.removeSync(`${place.path}/a.prom`);
  watch.look(T + 3_000);
  deepEqual(seen(watch), ["a.prom: gone", "b.prom: /srv/share"]);
  write(`${place.path}/a.prom`, sample({ share: "/a" }), T + 4_000);
  watch.look(T + 4_000);
  deepEqual(seen(watch), ["a.prom: /a", "b.prom: /srv/share"]);
  Deno.removeSync(`${place.path}/a.prom`);
  watch.look(T + 5_000);
  watch.look(T + 60_000);
  deepEqual(seen(watch), ["b.prom: /srv/share"]);
});

Deno.test("A file of another share is another helper, with rates of its own", () => {
  using place = workspace();
  const watch = new Watch([place.path]);
  write(`${place.path}/a.prom`, sample(), T);
  watch.look(T);
  write(`${place.path}/a.prom`, sample({ share: "/b", factor: 2 }), T + 1_000);
  watch.look(T + 1_000);
  deepEqual(seen(watch), ["a.prom: /b"]);
  equal(watch.entries[0]?.track?.rates(T + 1_000), undefined);
});

Deno.test("A file that is not understood is named with the reason, and read again when it is", () => {
  using place = workspace();
  const watch = new Watch([place.path]);
  const path = `${place.path}/a.prom`;
  write(path, sample().slice(0, 1000), T);
  watch.look(T);
  deepEqual(seen(watch), ["a.prom: it ends in the middle of a line"]);
  write(path, sample(), T + 1_000);
  watch.look(T + 1_000);
  deepEqual(seen(watch), ["a.prom: /srv/share"]);
  write(path, "virtfs_", T + 2_000);
  watch.look(T + 2_000);
  deepEqual(seen(watch), ["a.prom: it ends in the middle of a line"]);
  // What was known before goes on.
  equal(watch.entries[0]?.track?.figures.share, "/srv/share");
  Deno.removeSync(path);
  watch.look(T + 3_000);
  deepEqual(seen(watch), ["a.prom: gone"]);
});

Deno.test("An old file that nobody has locked is one of a helper that was killed", async () => {
  using place = workspace();
  const watch = new Watch([place.path]);
  const path = `${place.path}/a.prom`;
  const dead = () => watch.entries[0]?.dead;
  write(path, sample(), T);
  using file = Deno.openSync(path);
  file.lockSync(true);
  watch.look(T);
  // It lives, without requests.
  await watch.findDead(T + 60_000);
  equal(dead(), false);
  file.unlockSync();
  // It is asked again after a while only, and never while it may be busy.
  await watch.findDead(T + 61_000);
  equal(dead(), false);
  await watch.findDead(T + 1_000);
  equal(dead(), false);
  await watch.findDead(T + 70_000);
  equal(dead(), true);
  // This holds no lock.
  equal(file.tryLockSync(true), true);
  // Who has started it again writes at once.
  write(path, sample({ factor: 2 }), T + 80_000);
  watch.look(T + 80_000);
  equal(dead(), false);
});

Deno.test("A pipe, a link, a directory and a file without end are named, and nobody waits for them", async () => {
  using place = workspace();
  const { path } = place;
  Deno.mkdirSync(`${path}/directory.prom`);
  equal((await run(["mkfifo", `${path}/pipe.prom`])).code, 0);
  write(`${path}/real`, sample(), T);
  for (
    const [target, name] of [["real", "link"], ["/etc/shadow", "secret"]]
  ) {
    const link = ["ln", "-s", target!, `${path}/${name}.prom`];
    equal((await run(link)).code, 0);
  }
  const file = Deno.openSync(`${path}/large.prom`, {
    write: true,
    create: true,
  });
  file.truncateSync(2 ** 40);
  file.close();
  const watch = new Watch([path]);
  watch.look(T);
  deepEqual(seen(watch), [
    "directory.prom: it is no regular file",
    "large.prom: it is too large",
    "link.prom: it is a symbolic link",
    "pipe.prom: it is no regular file",
    "secret.prom: it is a symbolic link",
  ]);
});

Deno.test("Files that are named are watched alone, and a place that is not there is named", () => {
  using place = workspace();
  const { path } = place;
  write(`${path}/a.prom`, sample({ share: "/a" }), T);
  write(`${path}/b`, sample({ share: "/b" }), T);
  const watch = new Watch([`${path}/b`, `${path}/none`]);
  watch.look(T);
  deepEqual(seen(watch), ["b: /b"]);
  deepEqual(watch.troubles, [{
    path: `${path}/none`,
    reason: "there is no such file or directory",
  }]);
  Deno.removeSync(`${path}/b`);
  watch.look(T + 1_000);
  deepEqual(seen(watch), ["b: gone"]);
  equal(watch.troubles.length, 1);
});

rootTest("Who may not read a directory is told so", async () => {
  using place = workspace();
  const closed = `${place.path}/closed`;
  Deno.mkdirSync(closed, { mode: 0o700 });
  Deno.chownSync(closed, 1234, 1234);
  const { code, stderr } = await run([
    ...["setpriv", "--bounding-set", "-dac_override,-dac_read_search"],
    ...[Deno.execPath(), "run", "-q", "--no-prompt", `--allow-read=${closed}`],
    ...["scripts/top.ts", closed],
  ], { cwd: ROOT });
  match(
    stderr,
    /^virtfs-top: error: Cannot look at .*\/closed: you may not read it; root may\n/,
  );
  equal(code, 1);
});
