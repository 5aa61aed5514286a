import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { decodeRequest } from "../../../../../src/proxy/wire/encode.ts";
import {
  REQUEST_NAMES,
  type RequestName,
  REQUESTS,
} from "../../../../../src/proxy/wire/protocol.ts";
import {
  type Fields,
  fieldsOf,
  payloadOf,
  shortFieldsOf,
} from "./arbitraries.ts";
import { expectedCalls } from "./expected_calls.ts";
import { type Call, fakeContext, regularFiles } from "./fake_context.ts";
import { assertRefused } from "./survivable.ts";

/** Calls that only look at a file, or handle the descriptor that was opened. */
const BESIDES = ["stat", "fstat", "setFlags", "close"];

for (const name of REQUEST_NAMES) {
  const { number } = REQUESTS[name];

  Deno.test(`${name}: its handler calls the host with what the table reads`, () => {
    using fake = regularFiles();
    fc.assert(fc.property(fieldsOf(name), (fields) => {
      const payload = payloadOf(name, fields);
      fake.ask(number, payload);
      const decoded = decodeRequest(number, payload)!;
      deepEqual(
        essential(name, fake.calls),
        expectedCalls(name, decoded.fields as Fields),
      );
    }));
  });

  Deno.test(`${name}: cut at any byte it is ENOBUFS, and nothing is done`, () => {
    using fake = regularFiles();
    fc.assert(
      fc.property(shortFieldsOf(name), (fields) => {
        const payload = payloadOf(name, fields);
        for (let size = 0; size < payload.length; size++) {
          assertRefused(name, fake.ask(number, payload.subarray(0, size)));
          deepEqual(fake.calls, []);
        }
      }),
      { numRuns: 20 },
    );
  });

  Deno.test(`${name}: its handler ignores what follows the last field`, () => {
    using fake = regularFiles();
    fc.assert(fc.property(
      fieldsOf(name),
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      (fields, tail) => {
        const payload = payloadOf(name, fields);
        const reply = fake.ask(number, payload);
        const calls = [...fake.calls];
        const longer = new Uint8Array(payload.length + tail.length);
        longer.set(payload);
        longer.set(tail, payload.length);
        deepEqual(fake.ask(number, longer), reply);
        deepEqual(fake.calls, calls);
      },
    ));
  });

  Deno.test(`${name}: a NUL that is counted into a string and one that is not are the same`, () => {
    using fake = regularFiles();
    fc.assert(fc.property(fieldsOf(name), (fields) => {
      const ended = Object.fromEntries(
        Object.entries(fields).map(([field, value]) =>
          // A value of LSETXATTR is no string: its NULs are its own.
          value instanceof Uint8Array && field !== "value"
            ? [field, new Uint8Array([...value, 0])]
            : [field, value]
        ),
      );
      const reply = fake.ask(number, payloadOf(name, fields));
      const calls = [...fake.calls];
      deepEqual(fake.ask(number, payloadOf(name, ended)), reply);
      deepEqual(fake.calls, calls);
    }));
  });
}

Deno.test("an owner that cannot be had ends the request before anything is made", () => {
  using fake = fakeContext();
  const owned = { uid: 1, gid: 2, path: "a", mode: 3 };
  const requests: [RequestName, Record<string, unknown>][] = [
    ["CREATE", { ...owned, flags: 0 }],
    ["MKNOD", { ...owned, rdev: 0n }],
    ["MKDIR", owned],
    ["SYMLINK", { ...owned, target: "b" }],
  ];
  for (const [name, fields] of requests) {
    const reply = fake.ask(
      REQUESTS[name].number,
      payloadOf(name, fields as unknown as Fields),
      { become: -22 },
    );
    deepEqual([...reply.slice(-4)], [0xea, 0xff, 0xff, 0xff]);
    deepEqual(fake.calls, [["become", 1, 2]]);
  }
});

Deno.test("the longest string that a frame can hold arrives whole", () => {
  using fake = fakeContext();
  const path = new Uint8Array(65534).fill(0x61);
  const payload = payloadOf("REMOVE", { path });
  equal(payload.length, 65536);
  fake.ask(REQUESTS.REMOVE.number, payload);
  deepEqual(fake.calls, [["remove", path]]);
});

function essential(name: RequestName, calls: readonly Call[]): Call[] {
  // What OPEN, CREATE and GETVERSION look at beforehand is for tests of what they refuse.
  const looking = REQUESTS[name].reply === "descriptor" ||
      name === "GETVERSION"
    ? [...BESIDES, "lstat"]
    : BESIDES;
  return calls.filter(([call]) => !looking.includes(call));
}
