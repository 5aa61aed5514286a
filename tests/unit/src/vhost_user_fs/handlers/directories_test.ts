/** OPENDIR, READDIR, READDIRPLUS, RELEASEDIR; file systems below the root. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { DirectoryEntryPlus } from "../../../../../src/vhost_user_fs/client/replies.ts";
import { Reader } from "../../../../../src/vhost_user_fs/client/bytes.ts";
import { ROOT } from "../../../../../src/vhost_user_fs/client/request.ts";
import {
  fsyncdir,
  opendir,
  readdir,
  readdirplus,
  releasedir,
} from "../../../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  create,
  lookup,
  symlink,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import { mountNew } from "../../../../support/file_systems.ts";
import { lacking } from "../../../../support/requirements.ts";
import { Mount } from "../support/mount.ts";
import { onEachFileSystem } from "../support/places.ts";

const NAMES = Array.from(
  { length: 1000 },
  (_, i) => `${"n".repeat(i % 60)}${i}`,
);

function fill(path: string): void {
  for (const name of NAMES) Deno.writeTextFileSync(`${path}/${name}`, "");
}

/** All entries, by requests of `size` bytes. */
function list<T extends { readonly name: string; readonly offset: bigint }>(
  ask: (offset: bigint) => readonly T[],
): T[] {
  const all: T[] = [];
  for (let offset = 0n;;) {
    const some = ask(offset);
    if (some.length === 0) return all;
    all.push(...some);
    offset = some.at(-1)!.offset;
  }
}

onEachFileSystem("READDIR: all names once, whatever the buffer", (path) => {
  using mount = new Mount({ path });
  fill(path);
  const expected = [".", "..", ...NAMES].sort();
  const { fh } = mount.must(opendir(ROOT));
  for (const size of [100, 333, 4096, 32768, 1 << 20]) {
    const all = list((offset) => mount.must(readdir(ROOT, fh, offset, size)));
    deepEqual(all.map(({ name }) => name).sort(), expected, `by ${size}`);
    equal(all.find(({ name }) => name === "0")!.type, 8);
    equal(all.find(({ name }) => name === ".")!.type, 4);
    equal(
      all.find(({ name }) => name === "7" || name.endsWith("n7"))!.ino,
      BigInt(Deno.statSync(`${path}/nnnnnnn7`).ino!),
    );
  }
  // Too small for what comes next.
  equal(mount.fails(readdir(ROOT, fh, 0n, 31)), "EINVAL");
  equal(mount.must(readdir(ROOT, fh, 0n, 32)).length, 1);
  mount.must(fsyncdir(ROOT, fh));
  mount.must(releasedir(ROOT, fh));
  equal(mount.fails(readdir(ROOT, fh, 0n)), "EBADF");
  equal(mount.fails(fsyncdir(ROOT, fh)), "EBADF");
  equal(mount.fails(releasedir(ROOT, fh)), "EBADF");
});

onEachFileSystem(
  "READDIR: two at once, back and again, and what is new",
  (path) => {
    using mount = new Mount({ path });
    fill(path);
    const a = mount.must(opendir(ROOT)).fh, b = mount.must(opendir(ROOT)).fh;
    const seen: string[][] = [[], []];
    for (let offset = [0n, 0n], turn = 0;; turn++) {
      const which = turn % 2;
      const some = mount.must(
        readdir(ROOT, which === 0 ? a : b, offset[which]!, 500),
      );
      if (some.length === 0 && which === 1) break;
      if (some.length === 0) continue;
      seen[which]!.push(...some.map(({ name }) => name));
      offset[which] = some.at(-1)!.offset;
    }
    const expected = [".", "..", ...NAMES].sort();
    deepEqual(seen[0]!.sort(), expected);
    deepEqual(seen[1]!.sort(), expected);
    // From any cookie again the same follows.
    const first = mount.must(readdir(ROOT, a, 0n, 2000));
    const third = first[2]!;
    deepEqual(
      mount.must(readdir(ROOT, a, third.offset, 1000)),
      mount.must(readdir(ROOT, b, third.offset, 1000)),
    );
    deepEqual(mount.must(readdir(ROOT, a, 0n, 2000)), first);
    // From the start what was made meanwhile is there, also where nothing was taken of what is known.
    equal(mount.fails(readdir(ROOT, a, 0n, 10)), "EINVAL");
    Deno.writeTextFileSync(`${path}/new`, "");
    const all = list((offset) => mount.must(readdir(ROOT, a, offset)));
    ok(all.some(({ name }) => name === "new"));
  },
);

onEachFileSystem("READDIRPLUS: a node for each, and a reference", (path) => {
  using mount = new Mount({ path, budget: 2000 });
  fill(path);
  Deno.mkdirSync(`${path}/directory`);
  mount.forget(mount.must(symlink(ROOT, "symlink", "x")).nodeid);
  const before = mount.descriptors();
  const { fh } = mount.must(opendir(ROOT));
  const known = mount.must(lookup(ROOT, "0"));
  const count = new Map<number, number>([[known.nodeid, 1]]);
  for (const size of [216, 1000, 32768]) {
    const all: DirectoryEntryPlus[] = list((offset) =>
      mount.must(readdirplus(ROOT, fh, offset, size))
    );
    equal(all.length, NAMES.length + 4);
    for (const { name, entry } of all) {
      if (name === "." || name === "..") continue;
      count.set(entry.nodeid, (count.get(entry.nodeid) ?? 0) + 1);
    }
    equal(count.size, NAMES.length + 2);
    equal(all.find(({ name }) => name === "0")!.entry.nodeid, known.nodeid);
  }
  // One for each, the handle, and nothing for what did not fit.
  equal(mount.descriptors(), before + count.size + 1);
  for (const [nodeid, references] of count) {
    mount.forget(nodeid, references - 1);
  }
  equal(mount.descriptors(), before + count.size + 1);
  for (const nodeid of count.keys()) mount.forget(nodeid);
  equal(mount.descriptors(), before + 1);
  equal(mount.fails(readdirplus(ROOT, fh, 0n, 151)), "EINVAL");
  mount.must(releasedir(ROOT, fh));
  equal(mount.descriptors(), before);
});

onEachFileSystem(
  "READDIRPLUS: what can't be looked up is listed without a node",
  (path) => {
    using mount = new Mount({ path, budget: 3 });
    fill(path);
    const { fh } = mount.must(opendir(ROOT));
    const request = readdirplus(ROOT, fh, 0n);
    const nodes = mount.must({
      ...request,
      decode(body) {
        const found: bigint[] = [];
        const reader = new Reader(body);
        for (let at = 0; at < body.length;) {
          found.push(reader.u64(at));
          at += 128 + 24 + Math.ceil(reader.u32(at + 144) / 8) * 8;
        }
        return found;
      },
    });
    ok(nodes.length > 100);
    equal(nodes.filter((node) => node !== 0n).length, 2);
    equal(mount.logged.length, 1);
  },
);

onEachFileSystem("Directories: errors", (path) => {
  using mount = new Mount({ path });
  const { nodeid, opened } = mount.must(create(ROOT, "f", 2, 0o644));
  equal(mount.fails(opendir(nodeid)), "ENOTDIR");
  equal(mount.fails(opendir(5)), "ESTALE");
  equal(mount.fails(readdir(ROOT, opened.fh, 0n)), "EBADF");
  const { fh } = mount.must(opendir(ROOT));
  equal(mount.fails(readdirplus(7, fh, 0n)), "ESTALE");
  // Cookies that never were: an error, or nothing, or something.
  for (
    const cookie of [-1n, 1n << 63n, 0x7fffffffffffffffn, 0xffffffffn, 12345n]
  ) {
    mount.ask(readdir(ROOT, fh, cookie));
  }
  ok(mount.must(readdir(ROOT, fh, 0n)).length === 3);
});

for (const announceSubmounts of [true, false]) {
  Deno.test({
    name: `A file system below the root is ${
      announceSubmounts ? "" : "not "
    }announced`,
    ignore: lacking("root", "mount").length > 0,
    fn() {
      using below = mountNew("tmpfs");
      const path = below.path;
      Deno.mkdirSync(`${path}/m`);
      Deno.mkdirSync(`${path}/plain`);
      using _ = mountNew("tmpfs", `${path}/m`);
      Deno.mkdirSync(`${path}/m/inside`);
      using mount = new Mount({ path, announceSubmounts });
      const expected = announceSubmounts ? 1 : 0;
      const found = mount.must(lookup(ROOT, "m"));
      equal(found.attributes.flags, expected);
      equal(mount.must(lookup(ROOT, "m")).attributes.flags, expected);
      equal(mount.must(lookup(ROOT, "plain")).attributes.flags, 0);
      equal(mount.must(lookup(found.nodeid, "inside")).attributes.flags, 0);
      const { fh } = mount.must(opendir(ROOT));
      const flags = new Map(
        mount.must(readdirplus(ROOT, fh, 0n)).map(({ name, entry }) => [
          name,
          entry.attributes.flags,
        ]),
      );
      equal(flags.get("m"), expected);
      equal(flags.get("plain"), 0);
      // A guest that does not do it by itself is not told.
      using old = new Mount({ path, announceSubmounts, kernel: null });
      equal(old.must(lookup(ROOT, "m")).attributes.flags, 0);
    },
  });
}

onEachFileSystem("READDIR: behind the end, and back to any place", (path) => {
  using mount = new Mount({ path });
  fill(path);
  const a = mount.must(opendir(ROOT)).fh, b = mount.must(opendir(ROOT)).fh;
  const end = list((offset) => mount.must(readdir(ROOT, a, offset)))
    .at(-1)!.offset;
  let pages = 0;
  for (let offset = 0n;; pages++) {
    const page = mount.must(readdir(ROOT, a, offset, 4096));
    if (page.length === 0) break;
    offset = page.at(-1)!.offset;
    equal(mount.must(readdir(ROOT, b, end)).length, 0);
    deepEqual(
      mount.must(readdir(ROOT, b, offset, 4096))[0],
      mount.must(readdir(ROOT, a, offset, 4096))[0],
    );
    equal(mount.must(readdir(ROOT, a, end)).length, 0);
  }
  ok(pages > 10);
});
