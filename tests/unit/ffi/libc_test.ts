/** ffi/libc.ts: both ways to bind a function come to the same. */
import { equal } from "node:assert/strict";
import { AT_FDCWD } from "../../../ffi/constants.ts";
import { EBADF, EINVAL, ENOENT } from "../../../ffi/errno.ts";
import { openLibc } from "../../../ffi/libc.ts";
import { cString } from "../../../ffi/memory.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../../../src/symbols.ts";

Deno.test("A function that is called seldom returns what it would return otherwise", () => {
  const often = openLibc({ ...SHARED_FAST, ...SHARED_SELDOM });
  const seldom = openLibc(SHARED_FAST, SHARED_SELDOM);
  try {
    for (const { symbols } of [often, seldom]) {
      equal(symbols.getpid(), Deno.pid);
      const pipe = new Int32Array(2);
      equal(symbols.pipe2(pipe, 0), 0);
      const [read = -1, write = -1] = pipe;
      equal(symbols.write(write, new Uint8Array([7, 8]), 2n), 2);
      const bytes = new Uint8Array(4);
      equal(symbols.read(read, bytes, 4n), 2);
      equal(String(bytes), "7,8,0,0");
      for (const fd of pipe) equal(symbols.close(fd), 0);
    }
  } finally {
    often.close();
    seldom.close();
  }
});

Deno.test("errno is that of the last call, also of one that is called seldom", () => {
  const libc = openLibc(SHARED_FAST, SHARED_SELDOM);
  const missing = cString("/there/is/no/such/file");
  try {
    for (let round = 0; round < 20_000; round++) {
      equal(libc.symbols.openat(AT_FDCWD, missing, 0, 0), -1);
      equal(libc.errno(), ENOENT);
      equal(libc.symbols.fchdir(-1), -1);
      equal(libc.errno(), EBADF);
      equal(libc.symbols.prctl(-1, 0n, 0n, 0n, 0n), -1);
      equal(libc.errno(), EINVAL);
    }
  } finally {
    libc.close();
  }
});
