/** Bytes that no kernel sends. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { O_RDWR } from "../../../../../ffi/constants.ts";
import { Writer } from "../../../../../src/vhost_user_fs/client/bytes.ts";
import {
  OPCODES,
  plain,
  ROOT,
} from "../../../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  setxattr,
} from "../../../../../src/vhost_user_fs/client/requests/attributes.ts";
import { opendir } from "../../../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  create,
  lookup,
  mkdir,
  symlink,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import {
  type OpcodeName,
  OPCODES as SERVED,
} from "../../../../../src/vhost_user_fs/fuse/opcodes.ts";
import { Mount } from "../support/mount.ts";
import { onEachFileSystem } from "../support/places.ts";

const EINVAL = 22;
const HEADER = 40;

Deno.test("Pieces of a header", () => {
  using mount = new Mount();
  const whole = mount.encode(getattr(ROOT));
  for (let size = 0; size < HEADER; size++) {
    const { length, errno } = mount.raw(whole.slice(0, size), 120);
    deepEqual([length, errno], [16, EINVAL], String(size));
    equal(mount.raw(whole.slice(0, size), 15).length, 0);
  }
});

Deno.test("Lengths that lie", () => {
  using mount = new Mount();
  for (const [name, { in: fixed, reply }] of Object.entries(SERVED)) {
    const op = name as OpcodeName;
    const silent = reply === "none";
    const whole = mount.encode(plain(op, ROOT, new Uint8Array(fixed)));
    const lengths = [0, 1, HEADER - 1, HEADER + fixed - 1, whole.length + 1];
    for (const length of [...lengths, 0x7fffffff, 0xffffffff]) {
      if (length === HEADER + fixed) continue;
      const bytes = whole.slice();
      new DataView(bytes.buffer).setUint32(0, length, true);
      const found = mount.raw(bytes, 1000);
      deepEqual(
        [found.length, found.errno],
        silent ? [0, 0] : [16, EINVAL],
        `${op} ${length}`,
      );
    }
    // Really shorter.
    for (let size = HEADER; size < whole.length; size++) {
      const bytes = whole.slice(0, size);
      new DataView(bytes.buffer).setUint32(0, size, true);
      equal(mount.raw(bytes, 1000).errno, silent ? 0 : EINVAL);
    }
  }
});

Deno.test("No room for the reply: nothing is done", () => {
  using mount = new Mount();
  const before = mount.descriptors();
  const request = mount.encode(mkdir(ROOT, "d", 0o755));
  for (const room of [0, 1, 15]) equal(mount.raw(request, room).length, 0);
  for (const room of [16, 17, 143]) {
    equal(mount.raw(request, room).errno, EINVAL);
  }
  const made = mount.encode(create(ROOT, "f", O_RDWR, 0o644));
  equal(mount.raw(made, 16 + 143).errno, EINVAL);
  deepEqual([...Deno.readDirSync(mount.path)], []);
  equal(mount.descriptors(), before);
  equal(mount.raw(request, 144).errno, 0);
});

onEachFileSystem("Names that have no end, or more than one", (path) => {
  using mount = new Mount({ path });
  const named: readonly OpcodeName[] = [
    "LOOKUP",
    "SYMLINK",
    "MKNOD",
    "MKDIR",
    "UNLINK",
    "RMDIR",
    "RENAME",
    "RENAME2",
    "LINK",
    "CREATE",
    "REMOVEXATTR",
    "GETXATTR",
    "SETXATTR",
  ];
  const names = ["", "a", "a/b", "..", ".", "/", "x".repeat(300)];
  for (const op of named) {
    const fixed = new Writer();
    if (op === "RENAME" || op === "RENAME2" || op === "LINK") fixed.u64(ROOT);
    while (fixed.bytes.length < SERVED[op].in) fixed.u32(0);
    for (const name of names) {
      const ends = op.startsWith("RENAME") || op === "SYMLINK" ? [0, 1] : [0];
      for (const end of ends) {
        const args = new Writer().raw(fixed.bytes);
        for (let i = 0; i < end; i++) args.name("ok");
        args.raw(new TextEncoder().encode(name));
        const { errno } = mount.raw(
          mount.encode(plain(op, ROOT, args.bytes)),
          4096,
        );
        // EINVAL, or ENAMETOOLONG where it is long already.
        ok(errno === EINVAL || errno === 36, `${op} ${name} ${errno}`);
      }
    }
  }
  // What comes behind the name is nobody's.
  const { errno } = mount.raw(
    mount.encode(
      plain(
        "MKDIR",
        ROOT,
        new Writer().u32(0o755, 0).name("d").name("/e").bytes,
      ),
    ),
    144,
  );
  equal(errno, 0);
  deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["d"]);
});

Deno.test("A guest that writes to what it has sent", () => {
  using mount = new Mount();
  // Longer than what is fetched at first: it comes in two steps.
  const request = mount.encode(symlink(ROOT, "s", "t".repeat(3000)));
  const turns: readonly ((view: DataView) => void)[] = [
    (view) => view.setUint32(0, 64, true),
    (view) => view.setUint32(0, 0xffffffff, true),
    (view) => view.setUint32(4, OPCODES.UNLINK, true),
    (view) => view.setUint32(4, 0xffff, true),
  ];
  for (const turn of turns) {
    mount.message.tamper = (bytes) => turn(new DataView(bytes.buffer));
    equal(mount.raw(request, 144).errno, EINVAL);
  }
  // Other changes are those of another request, which is then judged as such.
  mount.message.tamper = (bytes) =>
    new DataView(bytes.buffer).setUint16(36, 0xffff, true);
  equal(mount.raw(request, 144).errno, EINVAL);
  mount.message.tamper = (bytes) =>
    new DataView(bytes.buffer).setBigUint64(16, 12345n, true);
  equal(mount.raw(request, 144).errno, 116);
  deepEqual([...Deno.readDirSync(mount.path)], []);
  // The number of the reply is that of the request that was read first.
  mount.message.tamper = (bytes) =>
    new DataView(bytes.buffer).setBigUint64(8, 77n, true);
  equal(mount.raw(request, 144).errno, 0);
});

Deno.test("Longer than any request", () => {
  using mount = new Mount();
  const { errno } = mount.raw(
    mount.encode(setxattr(ROOT, "user.a", new Uint8Array(70_000))),
    16,
  );
  equal(errno, 7);
});

/** Makes the 64 bits at `at` small, if it is a request of this kind. */
function limit(
  bytes: Uint8Array<ArrayBuffer>,
  opcode: number,
  at: number,
): void {
  const view = new DataView(bytes.buffer);
  if (view.getUint32(4, true) !== opcode || bytes.length < at + 8) return;
  view.setUint32(at, view.getUint32(at, true) & 0xf_ffff, true);
  view.setUint32(at + 4, 0, true);
}

/** Numbers by a seed. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

onEachFileSystem(
  "Random requests: every reply is one, and no descriptor is lost",
  (path) => {
    const seed = Number(Deno.env.get("SEED") ?? Date.now() % 2 ** 31);
    const next = random(seed);
    using mount = new Mount({ path, budget: 60, killprivV2: true });
    Deno.writeTextFileSync(`${path}/f`, "content");
    Deno.mkdirSync(`${path}/d`);
    const before = mount.descriptors();
    const opcodes = Object.values(SERVED).map(({ number }) => number);
    const nodes = [1n, 0n, 5n, 1n << 32n | 2n];
    const handles = [0n, 1n];
    const names = ["f", "d", "x", "y", "z", "..", "a/b", "", "d\0"];
    const pick = <T>(from: readonly T[]) => from[next(from.length)]!;
    const word = () =>
      pick([0, 1, 2, 3, 8, 0o644, 1 << next(32), next(1 << 30), 0xffffffff]);
    try {
      const end = Date.now() + 2000;
      let answered = 0;
      while (Date.now() < end) {
        const opcode = next(50) === 0 ? next(60) : pick(opcodes);
        // INIT and DESTROY would make everything short.
        if ((opcode === 26 || opcode === 38) && next(200) !== 0) continue;
        const shape = Object.values(SERVED).find(({ number }) =>
          number === opcode
        );
        const args = new Writer();
        while (args.bytes.length < (shape?.in ?? next(40))) {
          if (next(3) === 0) args.u64(pick(next(2) ? nodes : handles));
          else args.u32(word());
        }
        const strings = next(3);
        for (let i = 0; i < strings; i++) args.name(pick(names));
        if (next(4) === 0) {
          args.raw(
            new Uint8Array(next(2000)).map(() => next(256)),
          );
        }
        if (next(8) === 0) args.pad(8).u32(16, 32, 1, word());
        const bytes =
          new Writer().u32(0, opcode).u64(mount.unique++, pick(nodes))
            .u32(pick([0, 1000, word()]), pick([0, 1000, word()]), 1)
            .u16(pick([0, 0, 0, 2, next(65536)]), 0).raw(args.bytes).bytes;
        new DataView(bytes.buffer).setUint32(
          0,
          next(10) === 0 ? word() : bytes.length,
          true,
        );
        // A range as long as the disk would be in everybody's way.
        limit(bytes, SERVED.FALLOCATE.number, HEADER + 16);
        limit(bytes, SERVED.COPY_FILE_RANGE.number, HEADER + 40);
        limit(bytes, SERVED.COPY_FILE_RANGE_64.number, HEADER + 40);
        mount.message.piece = pick([1, 100, 4096, 2 << 20]);
        const room = pick([0, 10, 16, 120, 144, 160, 300, 5000, 70_000]);
        const { body, errno, length } = mount.raw(bytes, room);
        answered++;
        if (errno !== 0 || length === 0 || body.length === 0) continue;
        const view = new DataView(body.buffer);
        if (shape?.reply === "entry" || shape?.reply === "create") {
          nodes.push(view.getBigUint64(0, true));
        }
        if (shape?.reply === "open") handles.push(view.getBigUint64(0, true));
        if (shape?.reply === "create") {
          handles.push(view.getBigUint64(128, true));
        }
        if (nodes.length > 200) nodes.splice(4, 100);
        if (handles.length > 200) handles.splice(2, 100);
      }
      ok(answered > 1000);
      ok(mount.descriptors() <= before + 60);
      // It serves on as if nothing had been.
      mount.message.piece = 2 << 20;
      mount.server.reset();
      equal(mount.descriptors(), before);
      mount.must(opendir(ROOT));
      equal(mount.fails(lookup(ROOT, "surely not there")), "ENOENT");
    } catch (error) {
      throw new Error(`SEED=${seed}`, { cause: error });
    }
  },
);
