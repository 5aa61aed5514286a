/**
 * The real dispatcher over the real system calls, without a jail or a socket.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { fileCalls, STATX } from "../../../../../ffi/files.ts";
import { openLibc } from "../../../../../ffi/libc.ts";
import { allocate, allocateString } from "../../../../../ffi/memory.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../../../../src/proxy/symbols.ts";
import type { Stat } from "../../../../../src/proxy/client/client.ts";
import { dispatch } from "../../../../../src/proxy/dispatch.ts";
import { encodeRequest } from "../../../../../src/proxy/wire/encode.ts";
import {
  HEADER_SIZE,
  REQUESTS,
  STAT_SIZE,
  STATFS_SIZE,
} from "../../../../../src/proxy/wire/protocol.ts";
import {
  RequestReader,
  SLOT_SIZE,
} from "../../../../../src/proxy/wire/request_reader.ts";
import { contextOf, newReply } from "./fake_context.ts";

/** Payload and what is in it, read a second time and by hand. */
interface RealHost extends Disposable {
  /** LSTAT, times in nanoseconds. */
  lstat(path: string): Stat;
  /** STATFS: its eleven numbers, in wire order. */
  statfs(path: string): bigint[];
  /** What a request that must fail says. */
  errno(name: "LSTAT" | "STATFS", path: string): number;
}

/** Binds libc; paths are the host's own. */
export function realHost(): RealHost {
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  const payload = new Uint8Array(65536);
  const reply = newReply(libc);
  const { bytes } = reply;
  const files = fileCalls(libc);
  const slot = () => allocateString(libc, SLOT_SIZE);
  const context = contextOf({
    request: new RequestReader(payload, [slot(), slot(), slot()]),
    reply,
    files,
    identity: { become: () => 0, restore() {} },
    times: allocate(libc, 32),
  }, true);

  function ask(name: "LSTAT" | "STATFS", path: string): DataView {
    const request = encodeRequest(name, { path }).subarray(HEADER_SIZE);
    payload.set(request);
    // What the kernel does not write must not look like what it does.
    files.statBuffer.bytes.fill(0xee, 0, STATX.size);
    files.statfsBuffer.bytes.fill(0xee);
    bytes.fill(0xdd);
    context.request.reset(0, request.length);
    dispatch(REQUESTS[name].number, context);
    const reply = bytes.slice(0, context.reply.length);
    return new DataView(reply.buffer);
  }

  return {
    lstat(path) {
      const view = ask("LSTAT", path);
      equal(view.byteLength, HEADER_SIZE + STAT_SIZE);
      const q = (at: number) => view.getBigUint64(HEADER_SIZE + at, true);
      const d = (at: number) => view.getUint32(HEADER_SIZE + at, true);
      const time = (at: number) =>
        BigInt.asIntN(64, q(at)) * 1_000_000_000n + q(at + 8);
      // qqq dev ino nlink, ddd mode uid gid, qqqq, then three times of two q.
      return {
        dev: q(0),
        ino: q(8),
        nlink: q(16),
        mode: d(24),
        uid: d(28),
        gid: d(32),
        rdev: q(36),
        size: q(44),
        blksize: q(52),
        blocks: q(60),
        atime: time(68),
        mtime: time(84),
        ctime: time(100),
      };
    },
    statfs(path) {
      const view = ask("STATFS", path);
      equal(view.byteLength, HEADER_SIZE + STATFS_SIZE);
      return Array.from(
        { length: 11 },
        (_, index) => view.getBigUint64(HEADER_SIZE + 8 * index, true),
      );
    },
    errno: (name, path) => {
      const view = ask(name, path);
      equal(view.getUint32(0, true), 1);
      return view.getInt32(HEADER_SIZE, true);
    },
    [Symbol.dispose]: () => libc.close(),
  };
}
