import { deepEqual, equal, throws } from "node:assert/strict";
import { S_IFREG } from "../../../../ffi/constants.ts";
import { STATX } from "../../../../ffi/files.ts";
import { dispatch, isRequest } from "../../../../src/proxy/dispatch.ts";
import { encodeRequest } from "../../../../src/proxy/wire/encode.ts";
import {
  HEADER_SIZE,
  REQUEST_NAMES,
  type RequestName,
  REQUESTS,
} from "../../../../src/proxy/wire/protocol.ts";
import { typed } from "./handlers/arbitraries.ts";
import { type FakeContext, fakeContext } from "./handlers/fake_context.ts";

const EIO_WORD = [0xfb, 0xff, 0xff, 0xff];

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
    deepEqual(
      [...bytes.subarray(0, length)],
      reply === "descriptor" ? EIO_WORD : [1, 0, 0, 0, 4, 0, 0, 0, ...EIO_WORD],
    );
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
    deepEqual(
      [...fake.context.reply.bytes.subarray(0, fake.context.reply.length)]
        .slice(-4),
      EIO_WORD,
    );
  }
});

Deno.test("an owner's file that fails after it was opened is closed as its owner's", () => {
  using fake = regularFiles();
  const reply = fake.ask(REQUESTS.CREATE.number, plainPayload("CREATE"), {
    open: 9,
    fstat: -5,
  });
  deepEqual([...reply], EIO_WORD);
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
  deepEqual(ask(-5), [1, 0, 0, 0, 4, 0, 0, 0, ...EIO_WORD]);
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

function regularFiles(): FakeContext {
  const fake = fakeContext();
  fake.files.statBuffer.words[STATX.mode] = S_IFREG | 0o644;
  return fake;
}

/** Fields that any request can be made with. */
function plainPayload(name: RequestName): Uint8Array {
  const fields = Object.fromEntries(
    Object.entries(REQUESTS[name].fields).map(([field, type]) => [
      field,
      type === "d" ? 4 : type === "q" ? 5n : new TextEncoder().encode("/name"),
    ]),
  );
  return encodeRequest(name, typed(fields)).subarray(HEADER_SIZE);
}
