/**
 * The structures of the kernel as they arrive on the wire, held against what
 * coreutils' stat(1) says of the same file.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { STATX } from "../../../../../ffi/files.ts";
import {
  HEADER_SIZE,
  REQUESTS,
} from "../../../../../src/proxy/wire/protocol.ts";
import { printed } from "../../../../support/processes.ts";
import { mountNew } from "../../../../support/file_systems.ts";
import { lacking, testsThatNeed } from "../../../../support/requirements.ts";
import { workspace } from "../../../../support/workspace.ts";
import { fakeContext } from "./fake_context.ts";
import { realHost } from "./real_host.ts";

const test = testsThatNeed("root");

/** Year 2300, 1901 and the like: what 32 bits or no sign would spoil. */
const TIMES = [
  ["-1234567.000000001", "9999999999.999999999"],
  ["4294967296.123456789", "-2147483648.000000000"],
  ["4294967295.999999999", "-1.500000000"],
  ["0.000000000", "2147483648.000000007"],
] as const;

for (const [atime, mtime] of TIMES) {
  Deno.test(`LSTAT tells the times ${atime} and ${mtime} to the nanosecond`, async () => {
    using directory = workspace();
    const path = `${directory.path}/file`;
    await run("touch", "-a", "-d", `@${atime}`, path);
    await run("touch", "-m", "-d", `@${mtime}`, path);
    using host = realHost();
    // Not what was asked for: a file system may have no room for such years.
    await assertAsStat(host.lstat(path), path);
  });
}

test("LSTAT has each number of a regular file in its place", async () => {
  using directory = workspace();
  const path = `${directory.path}/file`;
  Deno.writeFileSync(path, new Uint8Array(12345));
  Deno.linkSync(path, `${path}-2`);
  Deno.linkSync(path, `${path}-3`);
  // Over 32 bits of size, a hole after 12,345 bytes; ids with the uppermost bit set.
  await run("truncate", "-s", "5000000001", path);
  Deno.chownSync(path, 4000000001, 3999999999);
  Deno.chmodSync(path, 0o6751);
  // Blocks are counted once the bytes have been given a place.
  await run("sync", path);
  using host = realHost();
  const stat = host.lstat(path);
  equal(stat.nlink, 3n);
  equal(stat.size, 5000000001n);
  equal(stat.mode, 0o106751);
  equal(stat.uid, 4000000001);
  equal(stat.gid, 3999999999);
  equal(stat.rdev, 0n);
  ok(stat.blocks > 0n && stat.blocks < 1000n);
  await assertAsStat(host.lstat(path), path);
});

Deno.test("LSTAT tells of a symlink and not of what it points to", async () => {
  using directory = workspace();
  const path = `${directory.path}/link`;
  await run("ln", "-s", "/nowhere", path);
  using host = realHost();
  const stat = host.lstat(path);
  equal(stat.mode, 0o120777);
  equal(stat.size, 8n);
  await assertAsStat(stat, path);
});

Deno.test("LSTAT tells of a directory", async () => {
  using directory = workspace();
  Deno.mkdirSync(`${directory.path}/one`);
  using host = realHost();
  await assertAsStat(host.lstat(directory.path), directory.path);
});

const DEVICES = [
  ["c", 1, 3],
  ["b", 8, 255],
  ["c", 255, 256],
  ["b", 256, 300],
  ["c", 4095, 1048575],
  ["b", 300, 70000],
] as const;

for (const [type, major, minor] of DEVICES) {
  test(`LSTAT tells of the device ${type} ${major}:${minor}`, async () => {
    using directory = workspace();
    const path = `${directory.path}/device`;
    await run("mknod", path, type, String(major), String(minor));
    using host = realHost();
    const stat = host.lstat(path);
    equal(stat.mode & 0o170000, type === "c" ? 0o020000 : 0o060000);
    // makedev(3), from its description.
    const wide = [BigInt(major), BigInt(minor)] as const;
    equal(
      stat.rdev,
      wide[1] & 0xffn | (wide[0] & 0xfffn) << 8n |
        (wide[1] & ~0xffn) << 12n | (wide[0] & ~0xfffn) << 32n,
    );
    await assertAsStat(stat, path);
  });
}

Deno.test("a device number of all 64 bits is laid out as makedev(3) does", () => {
  // No Linux of today has such, but statx(2) has room for them.
  using fake = fakeContext();
  const { words } = fake.files.statBuffer;
  for (
    const [major, minor, expected] of [
      [0xfffff000, 0, 0xfffff000_00000000n],
      [0x00000fff, 0, 0xfff00n],
      [0, 0xffffff00, 0xfff_fff00000n],
      [0, 0x000000ff, 0xffn],
      [0x12345678, 0x9abcdef0, 0x123459ab_cde678f0n],
    ] as const
  ) {
    words.set([major, minor, minor, major], STATX.rdevMajor);
    const reply = fake.ask(REQUESTS.LSTAT.number, new Uint8Array([1, 0, 97]));
    const view = new DataView(reply.buffer, HEADER_SIZE);
    equal(view.getBigUint64(36, true), expected);
    // The device that the file is on, with the same two numbers the other way round.
    words.set([minor, major, major, minor], STATX.rdevMajor);
    const swapped = fake.ask(REQUESTS.LSTAT.number, new Uint8Array([1, 0, 97]));
    equal(
      new DataView(swapped.buffer, HEADER_SIZE).getBigUint64(0, true),
      expected,
    );
  }
});

Deno.test("STATFS has each number of the file system in its place", async () => {
  // Best on one that nobody else uses.
  using directory = lacking("root", "mapped ext4").length === 0
    ? mountNew("ext4")
    : workspace();
  using host = realHost();
  // Else others use it too: believe it when nothing has changed in between.
  for (let attempt = 0;; attempt++) {
    ok(attempt < 500, "a file system that is never still");
    const before = host.statfs(directory.path);
    const [
      type,
      bsize,
      frsize,
      blocks,
      free,
      available,
      files,
      ffree,
      id,
      max,
    ] = await statOf(
      "%t %s %S %b %f %a %c %d %i %l",
      directory.path,
      "--file-system",
    );
    const after = host.statfs(directory.path);
    if (before.join() !== after.join()) continue;
    const fsid = BigInt(`0x${id}`);
    const printed = [
      BigInt(`0x${type}`),
      BigInt(bsize!),
      BigInt(blocks!),
      BigInt(free!),
      BigInt(available!),
      BigInt(files!),
      BigInt(ffree!),
      // stat(1) prints the first half first; the wire has the whole in both words.
      BigInt.asUintN(64, fsid << 32n | fsid >> 32n),
      BigInt.asUintN(64, fsid << 32n | fsid >> 32n),
      BigInt(max!),
      BigInt(frsize!),
    ];
    // A file that came and went shows in neither.
    if (attempt < 50 && after.join() !== printed.join()) continue;
    deepEqual(after, printed);
    break;
  }
});

Deno.test("a file that there is not has no layout but an errno", () => {
  using directory = workspace();
  using host = realHost();
  equal(host.errno("LSTAT", `${directory.path}/none`), -2);
  equal(host.errno("STATFS", `${directory.path}/none`), -2);
});

/** Compares all that stat(1) prints. */
async function assertAsStat(
  stat: ReturnType<ReturnType<typeof realHost>["lstat"]>,
  path: string,
): Promise<void> {
  const printed = await statOf(
    "%d %i %h %f %u %g %r %s %o %b %.9X %.9Y %.9Z",
    path,
  );
  const [dev, ino, nlink, mode, uid, gid, rdev, size, io, blocks, ...times] =
    printed;
  deepEqual(stat, {
    dev: BigInt(dev!),
    ino: BigInt(ino!),
    nlink: BigInt(nlink!),
    mode: parseInt(mode!, 16),
    uid: Number(uid),
    gid: Number(gid),
    rdev: BigInt(rdev!),
    size: BigInt(size!),
    blksize: BigInt(io!),
    blocks: BigInt(blocks!),
    atime: nanoseconds(times[0]!),
    mtime: nanoseconds(times[1]!),
    ctime: nanoseconds(times[2]!),
  });
}

async function statOf(
  format: string,
  path: string,
  ...more: string[]
): Promise<string[]> {
  return (await run("stat", ...more, `--printf=${format}`, path)).split(" ");
}

/** `-1.500000000` as nanoseconds: the fraction has the sign of the whole. */
function nanoseconds(decimal: string): bigint {
  const [seconds = "", fraction = ""] = decimal.replace("-", "").split(".");
  const size = BigInt(seconds) * 1_000_000_000n + BigInt(fraction);
  return decimal.startsWith("-") ? -size : size;
}

function run(...command: string[]): Promise<string> {
  return printed(command, { env: { LC_ALL: "C" } });
}
