import { deepEqual, equal, throws } from "node:assert/strict";
import { EIO } from "../../../../ffi/errno.ts";
import { dispatch, isRequest } from "../../../../src/proxy/dispatch.ts";
import {
  REQUEST_NAMES,
  type RequestName,
  REQUESTS,
} from "../../../../src/proxy/wire/protocol.ts";
import { payloadOf } from "./handlers/arbitraries.ts";
import { fakeContext, regularFiles } from "./handlers/fake_context.ts";
import { failureOf } from "./handlers/survivable.ts";

Deno.test("the requests of the table are requests, and no others", () => {
  const numbers = REQUEST_NAMES.map((name) => REQUESTS[name].number as number);
  for (let type = -1; type < 300; type++) {
    equal(isRequest(type), numbers.includes(type), String(type));
  }
  for (const type of [0x7fffffff, 0x80000002, 0xffffffff]) {
    equal(isRequest(type), false, String(type));
  }
});

for (const name of REQUEST_NAMES) {
  const { number, reply } = REQUESTS[name];

  Deno.test(`${name}: a handler that throws is answered with EIO, and throws on`, () => {
    using fake = fakeContext();
    const broken = new Error("a bug");
    const results = new Proxy({}, {
      get: () => () => {
        throw broken;
      },
    });
    throws(
      () => fake.ask(number, plainPayload(name), results),
      (error) => error === broken,
    );
    const { bytes, length, descriptor } = fake.context.reply;
    equal(descriptor, -1);
    deepEqual([...bytes.subarray(0, length)], failureOf(name, EIO));
  });

  Deno.test(`${name}: done, it is answered in the form of the table`, () => {
    using fake = regularFiles();
    const bytes = fake.ask(number, plainPayload(name), {
      open: 9,
      readlink: 3,
      lgetxattr: 3,
      llistxattr: 3,
    });
    const header = [...bytes.subarray(0, 8)];
    switch (reply) {
      case "descriptor":
        deepEqual([...bytes], [0xff, 0xff, 0xff, 0x7f]);
        return equal(fake.context.reply.descriptor, 9);
      case "status":
        return deepEqual([...bytes], [0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
      case "data":
        deepEqual(header, [0, 0, 0, 0, bytes.length - 8, 0, 0, 0]);
        return equal(
          bytes.length - 8,
          {
            LSTAT: 116,
            STATFS: 88,
            GETVERSION: 8,
            READLINK: 5,
            LGETXATTR: 5,
            LLISTXATTR: 5,
          }[name as string],
        );
    }
  });
}

Deno.test("an identity that cannot be restored is thrown, after EIO", () => {
  using fake = fakeContext();
  const lost = new Error("lost");
  for (const name of ["CREATE", "MKNOD", "MKDIR", "SYMLINK"] as const) {
    throws(
      () =>
        fake.ask(REQUESTS[name].number, plainPayload(name), {
          open: -2,
          restore: () => {
            throw lost;
          },
        }),
      (error) => error === lost,
    );
    const { bytes, length } = fake.context.reply;
    deepEqual([...bytes.subarray(0, length)], failureOf(name, EIO));
  }
});

Deno.test("an owner's file that fails after it was opened is closed as its owner's", () => {
  using fake = regularFiles();
  const reply = fake.ask(REQUESTS.CREATE.number, plainPayload("CREATE"), {
    open: 9,
    fstat: -5,
  });
  deepEqual([...reply], failureOf("CREATE", EIO));
  deepEqual(
    fake.calls.map(([call]) => call),
    ["become", "open", "fstat", "close", "restore"],
  );
});

Deno.test("a generation is 0 where the file system has none, and an errno where it failed", () => {
  using fake = regularFiles();
  const { number } = REQUESTS.GETVERSION;
  fake.files.generationBuffer.words[0] = 7;
  const ask = (getversion: number) => [
    ...fake.ask(number, plainPayload("GETVERSION"), { open: 9, getversion }),
  ];
  deepEqual(ask(0), [0, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
  deepEqual(ask(-25), [0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  deepEqual(ask(-5), failureOf("GETVERSION", EIO));
});

Deno.test("an export without generations is answered 0, and nothing is opened", () => {
  using fake = fakeContext(false);
  const reply = fake.ask(
    REQUESTS.GETVERSION.number,
    plainPayload("GETVERSION"),
  );
  deepEqual([...reply], [0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  deepEqual(fake.calls, []);
});

Deno.test("a request that there is not is a bug of whoever dispatches it", () => {
  using fake = fakeContext();
  throws(() => dispatch(99, fake.context), TypeError);
});

/** Fields that any request can be made with. */
function plainPayload(name: RequestName): Uint8Array {
  const fields = Object.fromEntries(
    Object.entries(REQUESTS[name].fields).map(([field, type]) => [
      field,
      type === "d" ? 4 : type === "q" ? 5n : new TextEncoder().encode("/name"),
    ]),
  );
  return payloadOf(name, fields);
}
