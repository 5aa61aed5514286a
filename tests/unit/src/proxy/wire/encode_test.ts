import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  decodeRequest,
  encodeRequest,
  frame,
} from "../../../../../src/proxy/wire/encode.ts";
import {
  HEADER_SIZE,
  MAX_PAYLOAD,
  REQUEST_LIMIT,
  REQUEST_NAMES,
  REQUESTS,
} from "../../../../../src/proxy/wire/protocol.ts";
import {
  fieldsOf,
  payloadOf,
  shortFieldsOf,
  typed,
} from "../handlers/arbitraries.ts";

for (const name of REQUEST_NAMES) {
  const { number } = REQUESTS[name];

  Deno.test(`${name}: what is encoded is decoded to the same fields`, () => {
    fc.assert(fc.property(fieldsOf(name), (fields) => {
      const bytes = encodeRequest(name, typed(fields));
      const view = new DataView(bytes.buffer);
      equal(view.getUint32(0, true), number);
      equal(view.getUint32(4, true), bytes.length - HEADER_SIZE);
      deepEqual(decodeRequest(number, bytes.subarray(HEADER_SIZE)), {
        name,
        fields,
      });
    }));
  });

  Deno.test(`${name}: cut at any byte it decodes to nothing`, () => {
    fc.assert(
      fc.property(shortFieldsOf(name), (fields) => {
        const payload = payloadOf(name, fields);
        for (let size = 0; size < payload.length; size++) {
          equal(decodeRequest(number, payload.subarray(0, size)), undefined);
        }
      }),
      { numRuns: 20 },
    );
  });

  Deno.test(`${name}: bytes behind the last field change nothing`, () => {
    fc.assert(fc.property(
      fieldsOf(name),
      fc.uint8Array({ minLength: 1, maxLength: 20 }),
      (fields, tail) => {
        const payload = payloadOf(name, fields);
        const longer = new Uint8Array([...payload, ...tail]);
        deepEqual(decodeRequest(number, longer)?.fields, fields);
      },
    ));
  });
}

Deno.test("the requests are numbered from 2 on without a gap", () => {
  deepEqual(
    REQUEST_NAMES.map((name) => REQUESTS[name].number),
    Array.from({ length: REQUEST_LIMIT - 2 }, (_, index) => index + 2),
  );
});

Deno.test("the table is the protocol's, letter by letter", () => {
  const letters = REQUEST_NAMES.map((name) =>
    `${name} ${Object.values(REQUESTS[name].fields).join("")}`
  );
  // `z` where QEMU counts the terminating NUL into the string.
  deepEqual(letters, [
    "OPEN zd",
    "CREATE sdddd",
    "MKNOD ddsdq",
    "MKDIR ddsd",
    "SYMLINK ddss",
    "LINK zs",
    "LSTAT z",
    "READLINK zd",
    "STATFS z",
    "CHMOD zd",
    "CHOWN zdd",
    "TRUNCATE zq",
    "UTIME zqqqq",
    "RENAME ss",
    "REMOVE s",
    "LGETXATTR dzs",
    "LLISTXATTR dz",
    "LSETXATTR zssdd",
    "LREMOVEXATTR zs",
    "GETVERSION z",
  ]);
});

Deno.test("a type that no request has decodes to nothing", () => {
  for (const type of [0, 1, REQUEST_LIMIT, 0x7fffffff, 0xffffffff]) {
    equal(decodeRequest(type, new Uint8Array(100)), undefined);
  }
});

Deno.test("a MKNOD is these bytes", () => {
  const bytes = encodeRequest("MKNOD", {
    uid: 1000,
    gid: 0xffffffff,
    path: "/ä",
    mode: 0o20644,
    rdev: 0x0123456789abcdefn,
  });
  // deno-fmt-ignore
  deepEqual([...bytes], [
    4, 0, 0, 0,  25, 0, 0, 0,
    0xe8, 3, 0, 0,  0xff, 0xff, 0xff, 0xff,
    3, 0, 0x2f, 0xc3, 0xa4,
    0xa4, 0x21, 0, 0,
    0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
  ]);
});

Deno.test("the NUL that QEMU sends is counted into an LSTAT and not into a REMOVE", () => {
  deepEqual([...encodeRequest("LSTAT", { path: "a" }).subarray(8)], [
    2,
    0,
    0x61,
    0,
  ]);
  deepEqual([...encodeRequest("REMOVE", { path: "a" }).subarray(8)], [
    1,
    0,
    0x61,
  ]);
});

Deno.test("a string may have 65,535 bytes with its NUL, and not one more", () => {
  const longest = new Uint8Array(65534).fill(0x61);
  const payload = encodeRequest("LSTAT", { path: longest }).subarray(8);
  ok(payload.length > MAX_PAYLOAD, "longer than a frame may be, by one");
  deepEqual(decodeRequest(8, payload)?.fields, { path: longest });
  throws(
    () => encodeRequest("LSTAT", { path: new Uint8Array(65535) }),
    RangeError,
  );
});

Deno.test("a frame may lie about its size", () => {
  deepEqual([...frame(22, new Uint8Array([7]), 0x10001)], [
    22,
    0,
    0,
    0,
    1,
    0,
    1,
    0,
    7,
  ]);
});
