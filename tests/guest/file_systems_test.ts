/**
 * A real guest tells files apart whose inode numbers are the same on the host,
 * as they are on several file systems below one export.
 */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { type FileSystemKind, mountNew } from "../support/file_systems.ts";
import { type GuestRun, runGuest } from "../support/guest.ts";
import { Host } from "../support/host.ts";
import { lacking, type Need } from "../support/requirements.ts";
import { makeSubvolume } from "../support/subvolumes.ts";

const machine: readonly Need[] = ["root", "qemu", "kernel", "busybox", "attr"];

/** Directories of the share that have files of their own, and the same layout. */
const PLACES = ["", "v1/", "v2/"] as const;
const MOUNTS = ["none", "loose", "unix"] as const;

/** Puts the same files into one file system as into the others, with other contents. */
function makeFiles(host: Host, share: string, place: string): void {
  const path = `${share}/${place}`;
  Deno.writeTextFileSync(`${path}a`, `a of ${place}\n`);
  Deno.linkSync(`${path}a`, `${path}l`);
  Deno.mkdirSync(`${path}d`);
  Deno.writeTextFileSync(`${path}d/c`, `c of ${place}\n`);
  // Else QEMU's version of a file may tell it from another.
  for (const name of ["a", "d/c", "d", ""]) Deno.utimeSync(path + name, 1, 1);
  equal(host.lstat(`${path}a`).ino, host.lstat(`${path}l`).ino);
}

for (const kind of ["ext4", "tmpfs", "btrfs"] as const) {
  Deno.test({
    name: `a guest tells files on several ${
      kind === "btrfs" ? "subvolumes of btrfs" : kind
    } apart, with its cache and without`,
    ignore: lacking(
      ...machine,
      kind === "tmpfs" ? "mount" : `mapped ${kind}`,
    ).length > 0,
    async fn() {
      using host = new Host();
      using share = mountNew(kind);
      using _others = addOthers(kind, share.path);
      for (const place of PLACES) makeFiles(host, share.path, place);
      for (const name of ["", "/a"]) {
        const [one, two] = ["v1", "v2"].map((place) =>
          host.lstat(`${share.path}/${place}${name}`)
        );
        equal(one!.ino, two!.ino);
        notEqual(one!.dev, two!.dev);
      }
      const run = await runGuest("ours", "inherited", {
        job: "file_systems.sh",
        share: share.path,
        programs: ["tar", "cp", "cmp", "stat"],
      });
      equal(run.helper.code, 0, run.helperOutput);
      for (const mount of MOUNTS) expectApart(run, mount);
      const told = /Other file systems in the export: \S+\/v1, \S+\/v2\W/;
      // Of subvolumes nothing is known before one is met.
      if (kind !== "btrfs") match(run.helperOutput, told);
    },
  });
}

/** Makes `v1` and `v2` file systems of their own. */
function addOthers(kind: FileSystemKind, share: string): DisposableStack {
  const stack = new DisposableStack();
  for (const name of ["v1", "v2"]) {
    const path = `${share}/${name}`;
    if (kind === "btrfs") makeSubvolume(path);
    else {
      Deno.mkdirSync(path);
      stack.use(mountNew(kind, path));
    }
  }
  return stack;
}

/** Holds what the guest found on one of its mounts against what there is. */
function expectApart(run: GuestRun, mount: typeof MOUNTS[number]): void {
  const lines = run.lines.get(mount);
  notEqual(lines, undefined, `The work has no end:\n${run.console}`);
  const part = (name: string): string[] => {
    const start = lines!.indexOf(`== ${name}`);
    const end = lines!.findIndex((line, at) => at > start && /^==/.test(line));
    return lines!.slice(start + 1, end < 0 ? undefined : end);
  };
  const say = `${mount}:\n${lines!.join("\n")}`;
  deepEqual(lines!.filter((line) => line.startsWith("UNEXPECTED")), [], say);
  deepEqual(part("contents"), [
    ...PLACES.map((place) => `a of ${place}`),
    ...PLACES.map((place) => `c of ${place}`),
  ], say);
  deepEqual(part("same"), ["v1/a v1/l"], say);
  deepEqual(part("archive"), ["v1/l link to v1/a", "v2/l link to v2/a"], say);
  deepEqual(
    part("copies"),
    ["v1", "v2"].flatMap((place) => [
      `./${place}/a:a of ${place}/`,
      `./${place}/d/c:c of ${place}/`,
      `./${place}/l:a of ${place}/`,
    ]),
    say,
  );
  const numbers = byName(part("numbers"));
  for (const place of PLACES) {
    equal(numbers.get(`./${place}a`), numbers.get(`./${place}l`), say);
    numbers.delete(`./${place}l`);
  }
  equal(new Set(numbers.values()).size, numbers.size, say);
  for (const [name, number] of byName(part("opened"))) {
    equal(number, numbers.get(name), say);
  }
  const later = byName(part("forgotten"));
  for (const [name, number] of numbers) equal(later.get(name), number, say);
  deepEqual(
    part("made"),
    [".", "v1", "v2"].map((place) => `new in ${place}`),
    say,
  );
  if (mount === "unix") return;
  const removed = part("removed");
  deepEqual(
    removed.filter((_, at) => at % 3 === 2),
    [".", "v1", "v2"].map((place) => `new in ${place}`),
    say,
  );
  for (let at = 0; at < 9; at += 3) equal(removed[at], removed[at + 1], say);
  equal(new Set([0, 3, 6].map((at) => removed[at]!.split(" ")[0])).size, 3);
}

/** Inode numbers by the names of their files. */
function byName(lines: readonly string[]): Map<string, string> {
  return new Map(lines.map((line) => {
    const [number = "", name = ""] = line.split(" ");
    return [name, number];
  }));
}
