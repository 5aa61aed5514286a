/** Open files: reading, writing, space, positions, copies. */
import { deepEqual, equal } from "node:assert/strict";
import {
  O_APPEND,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../../ffi/constants.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import {
  lookup,
  unlink,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import { SERVERS } from "../support/servers.ts";
import { forEachServer, type Trial } from "../support/each_server.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (words: string) => new TextEncoder().encode(words) as Bytes;

function opened(
  trial: Trial,
  name: string,
  flags: number,
): { nodeid: number; fh: bigint } {
  const nodeid = nodeOf(trial, name);
  return { nodeid, fh: trial.must(files.open(nodeid, flags)).fh };
}

function noise(size: number): Bytes {
  const whole = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) {
    crypto.getRandomValues(whole.subarray(at, at + 65536));
  }
  return whole;
}

forEachServer("READ from everywhere", (trial) => {
  const { nodeid, fh } = opened(trial, "file", O_RDONLY);
  const read = (offset: number, size: number) =>
    text(trial.must(files.read(nodeid, fh, offset, size)));
  equal(read(0, 4096), "hello");
  equal(read(1, 3), "ell");
  equal(read(4, 4096), "o");
  equal(read(5, 4096), "");
  equal(read(1e12, 4096), "");
  equal(read(0, 131072), "hello");
  equal(read(0, 1024 * 1024), "hello");
  Deno.writeTextFileSync(trial.path("file"), "changed");
  equal(read(0, 4096), "changed");
}, { prepare: makeFiles });

forEachServer("WRITE and READ of every size", (trial) => {
  const { nodeid, fh } = opened(trial, "file", O_RDWR);
  for (
    const size of [1, 4095, 4096, 4097, 131072, 1024 * 1024 - 1, 1024 * 1024]
  ) {
    const data = noise(size);
    equal(trial.must(files.write(nodeid, fh, 0, data)), size);
    deepEqual(Deno.readFileSync(trial.path("file")).subarray(0, size), data);
    deepEqual(trial.must(files.read(nodeid, fh, 0, size)), data);
  }
  equal(trial.must(files.write(nodeid, fh, 5_000_000_000, bytes("far"))), 3);
  equal(trial.host.lstat(trial.path("file")).size, 5_000_000_003n);
  equal(text(trial.must(files.read(nodeid, fh, 4_999_999_999, 9))), "\0far");
  equal(trial.must(files.write(nodeid, fh, 0, new Uint8Array(0))), 0);
}, { prepare: makeFiles });

forEachServer("OPEN with O_TRUNC and O_APPEND", (trial) => {
  const cut = opened(trial, "file", O_RDWR | O_TRUNC);
  equal(trial.host.lstat(trial.path("file")).size, 0n);
  trial.must(files.write(cut.nodeid, cut.fh, 0, bytes("abc")));
  const end = opened(trial, "file", O_WRONLY | O_APPEND);
  trial.must(
    files.write(end.nodeid, end.fh, 0, bytes("def"), { flags: O_APPEND }),
  );
  equal(Deno.readTextFileSync(trial.path("file")), "abcdef");
}, { prepare: makeFiles });

forEachServer("open files: errnos", (trial) => {
  const out = opened(trial, "file", O_WRONLY);
  const into = opened(trial, "other", O_RDONLY);
  const { nodeid } = into;
  const rows: [string, Request<unknown>, string][] = [
    ["OPEN of a symlink", files.open(nodeOf(trial, "link"), O_RDONLY), "ELOOP"],
    [
      "OPEN of a FIFO",
      files.open(nodeOf(trial, "fifo"), O_RDONLY | 0o4000),
      "EBADF",
    ],
    ["OPEN of a device", files.open(nodeOf(trial, "null"), O_RDWR), "EBADF"],
    ["OPEN of an unknown node", files.open(987_654, O_RDONLY), "ESTALE"],
    [
      "READ through a handle for writing",
      files.read(out.nodeid, out.fh, 0, 10),
      "EBADF",
    ],
    [
      "WRITE through a handle for reading",
      files.write(nodeid, into.fh, 0, bytes("x")),
      "EBADF",
    ],
  ];
  const none = 99_999n;
  const place = { nodeid, fh: none, offset: 0 };
  const handled: [string, Request<unknown>][] = [
    ["READ", files.read(nodeid, none, 0, 10)],
    ["WRITE", files.write(nodeid, none, 0, bytes("x"))],
    ["FLUSH", files.flush(nodeid, none)],
    ["FSYNC", files.fsync(nodeid, none)],
    ["RELEASE", files.release(nodeid, none)],
    ["FALLOCATE", files.fallocate(nodeid, none, 0, 10)],
    ["LSEEK", files.lseek(nodeid, none, 0, files.SEEK_DATA)],
    ["COPY_FILE_RANGE", files.copyFileRange(place, place, 10)],
  ];
  for (const row of rows) trial.expect(...row);
  for (const [what, request] of handled) {
    trial.expect(`${what} by a handle that nobody has`, request, "EBADF");
  }
}, { prepare: makeFiles });

const OFFSETS: [string, bigint, string, string][] = [
  ["a negative offset", -1n, "EINVAL", "EINVAL"],
  ["the last offset there is", (1n << 63n) - 2n, "done", "EFBIG"],
];
for (const [where, offset, reading, writing] of OFFSETS) {
  forEachServer(`READ and WRITE at ${where}`, (trial) => {
    const { nodeid, fh } = opened(trial, "file", O_RDWR);
    trial.expect(
      `READ at ${where}`,
      files.read(nodeid, fh, offset, 1),
      reading,
    );
    trial.expect(
      `WRITE at ${where}`,
      files.write(nodeid, fh, offset, bytes("x")),
      writing,
    );
  }, { prepare: makeFiles });
}

forEachServer("FLUSH, FSYNC, RELEASE, SYNCFS", (trial) => {
  const { nodeid, fh } = opened(trial, "file", O_RDWR);
  trial.must(files.flush(nodeid, fh));
  trial.must(files.flush(nodeid, fh));
  trial.must(files.fsync(nodeid, fh));
  trial.must(files.fsync(nodeid, fh, true));
  trial.must(files.syncfs(ROOT));
  trial.must(files.release(nodeid, fh));
  for (
    const request of [files.read(nodeid, fh, 0, 9), files.release(nodeid, fh)]
  ) {
    trial.expect(
      `${request.op} by a handle that was released`,
      request as Request<unknown>,
      "EBADF",
    );
  }
  equal(trial.must(getattr(nodeid)).attributes.size, 5n);
}, { prepare: makeFiles });

forEachServer("a removed file lives as long as it is open", (trial) => {
  const { nodeid, fh } = opened(trial, "file", O_RDWR);
  trial.must(unlink(ROOT, "file"));
  trial.must(files.write(nodeid, fh, 5, bytes(" there")));
  equal(text(trial.must(files.read(nodeid, fh, 0, 99))), "hello there");
  // And it can be opened again by its node.
  const again = trial.must(files.open(nodeid, O_RDONLY)).fh;
  equal(text(trial.must(files.read(nodeid, again, 0, 99))), "hello there");
  trial.expect("LOOKUP of a removed file", lookup(ROOT, "file"), "ENOENT");
}, { prepare: makeFiles });

forEachServer("FALLOCATE", (trial) => {
  const { host, path } = trial;
  const { nodeid, fh } = opened(trial, "file", O_RDWR);
  const size = () => host.lstat(path("file")).size;
  trial.must(files.fallocate(nodeid, fh, 0, 100_000));
  equal(size(), 100_000n);
  trial.must(
    files.fallocate(nodeid, fh, 0, 200_000, files.FALLOC_FL_KEEP_SIZE),
  );
  equal(size(), 100_000n);
  trial.must(
    files.fallocate(
      nodeid,
      fh,
      0,
      2,
      files.FALLOC_FL_KEEP_SIZE | files.FALLOC_FL_PUNCH_HOLE,
    ),
  );
  equal(Deno.readTextFileSync(path("file")).slice(0, 5), "\0\0llo");
  trial.must(files.fallocate(nodeid, fh, 2, 1, files.FALLOC_FL_ZERO_RANGE));
  equal(Deno.readTextFileSync(path("file")).slice(0, 5), "\0\0\0lo");
  trial.expect(
    "FALLOCATE of nothing",
    files.fallocate(nodeid, fh, 0, 0),
    "EINVAL",
  );
  trial.expect(
    "FALLOCATE of a mode that is none",
    files.fallocate(nodeid, fh, 0, 10, 0x1000),
    "EOPNOTSUPP",
  );
  trial.expect(
    "FALLOCATE of a hole that makes the file longer",
    files.fallocate(nodeid, fh, 0, 10, files.FALLOC_FL_PUNCH_HOLE),
    "EOPNOTSUPP",
  );
  trial.expect(
    "FALLOCATE beyond what files can have",
    files.fallocate(nodeid, fh, 2 ** 52, 2 ** 52),
    "EFBIG",
  );
}, { prepare: makeFiles });

forEachServer("LSEEK finds data and holes", (trial) => {
  const { nodeid, fh } = opened(trial, "file", O_RDWR);
  trial.must(files.write(nodeid, fh, 1024 * 1024, bytes("far")));
  const seek = (offset: number, whence: number) =>
    trial.must(files.lseek(nodeid, fh, offset, whence));
  equal(seek(0, files.SEEK_DATA), 0);
  equal(seek(0, files.SEEK_HOLE) <= 65536, true);
  equal(seek(65536, files.SEEK_DATA), 1024 * 1024);
  equal(seek(1024 * 1024, files.SEEK_HOLE), 1024 * 1024 + 3);
  trial.expect(
    "LSEEK beyond the end",
    files.lseek(nodeid, fh, 2 ** 30, files.SEEK_DATA),
    "ENXIO",
  );
  trial.expect(
    "LSEEK of a whence that is none",
    files.lseek(nodeid, fh, 0, 9),
    "EINVAL",
  );
}, { prepare: makeFiles });

forEachServer("COPY_FILE_RANGE", (trial) => {
  const from = { ...opened(trial, "file", O_RDWR), offset: 1 };
  const to = { ...opened(trial, "other", O_RDWR), offset: 4 };
  equal(trial.must(files.copyFileRange(from, to, 3)), 3);
  equal(Deno.readTextFileSync(trial.path("other")), "otheell");
  equal(trial.must(files.copyFileRange({ ...from, offset: 9 }, to, 3)), 0);
  trial.expect(
    "COPY_FILE_RANGE with flags",
    files.copyFileRange(from, to, 3, 1),
    "EINVAL",
  );
  trial.expect(
    "COPY_FILE_RANGE over itself",
    files.copyFileRange(from, from, 3),
    "EINVAL",
  );
}, { prepare: makeFiles });

forEachServer("COPY_FILE_RANGE_64", (trial) => {
  const from = { ...opened(trial, "file", O_RDWR), offset: 0 };
  const to = { ...opened(trial, "other", O_RDWR), offset: 5 };
  const request = files.copyFileRange(from, to, 5);
  const copied = trial.expect("COPY_FILE_RANGE_64", {
    ...request,
    op: "COPY_FILE_RANGE_64",
  });
  if (copied === undefined) return;
  equal(copied, 5);
  equal(Deno.readTextFileSync(trial.path("other")), "otherhello");
}, { prepare: makeFiles });

forEachServer("WRITE drops set-id bits where that is asked for", (trial) => {
  const { host, path } = trial;
  const mode = () => (host.lstat(path("file")).mode & 0o7777).toString(8);
  const { nodeid, fh } = opened(trial, "file", O_RDWR);
  host.chmod(path("file"), 0o6755);
  trial.must(files.write(nodeid, fh, 0, bytes("x")));
  trial.observe("the mode after a WRITE that leaves it", mode(), "6755");
  trial.must(files.write(nodeid, fh, 0, bytes("x"), { killSuidGid: true }));
  equal(mode(), "755");
  host.chmod(path("file"), 0o6755);
  // FUSE_OPEN_KILL_SUIDGID
  trial.must(files.open(nodeid, O_RDWR | O_TRUNC, 1));
  equal(mode(), "755");
}, { prepare: makeFiles, killprivV2: true });

for (
  const [cache, flags] of [["auto", 0], ["always", 2], ["never", 1], [
    "metadata",
    1,
  ]] as const
) {
  forEachServer(`what the guest may keep with cache=${cache}`, (trial) => {
    const { entryValid, attrValid, nodeid } = trial.must(lookup(ROOT, "file"));
    const seconds =
      { auto: 1n, always: 86400n, never: 0n, metadata: 86400n }[cache] *
      1_000_000_000n;
    equal(`${entryValid} ${attrValid}`, `${seconds} ${seconds}`);
    const open = trial.must(files.open(nodeid, O_RDONLY));
    trial.observe(
      `OPEN's flags with cache=${cache}`,
      `${open.flags}`,
      `${flags}`,
    );
    const directory = trial.must(files.open(ROOT, 0x18800, 0, "OPENDIR"));
    trial.observe(
      `OPENDIR's flags with cache=${cache}`,
      `${directory.flags}`,
      cache === "always" || cache === "metadata" ? "10" : "0",
    );
  }, {
    prepare: makeFiles,
    cache,
    servers: cache === "metadata" ? ["ours", "1.13"] : SERVERS,
  });
}

forEachServer("nothing changes where the share is read-only", (trial) => {
  const file = nodeOf(trial, "file");
  const { fh } = trial.must(files.open(file, O_RDONLY));
  equal(text(trial.must(files.read(file, fh, 0, 9))), "hello");
  trial.expect(
    "OPEN for writing, read-only",
    files.open(file, O_RDWR),
    "EROFS",
  );
  trial.expect("UNLINK, read-only", unlink(ROOT, "file"), "EROFS");
  trial.expect(
    "WRITE through a handle for reading, read-only",
    files.write(file, fh, 0, bytes("x")),
    "EROFS",
  );
}, { prepare: makeFiles, readOnly: true, servers: ["ours", "1.13"] });
