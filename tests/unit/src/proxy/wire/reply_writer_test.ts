import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { openLibc } from "../../../../../ffi/libc.ts";
import { MEMORY_SYMBOLS } from "../../../../../ffi/symbols/memory.ts";
import type { ReplyWriter } from "../../../../../src/proxy/wire/reply_writer.ts";
import { newReply } from "../handlers/fake_context.ts";

Deno.test("a status of 0 is a success of four zero bytes", () => {
  using reply = writer();
  reply.status(0);
  deepEqual(reply.sent(), [0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
  equal(reply.descriptor, -1);
});

Deno.test("a negative status is an error with the errno in it", () => {
  using reply = writer();
  reply.status(-2);
  deepEqual(reply.sent(), [1, 0, 0, 0, 4, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]);
  equal(reply.descriptor, -1);
});

Deno.test("a descriptor is announced by one word, without a header", () => {
  using reply = writer();
  reply.passDescriptor(0);
  deepEqual(reply.sent(), [0xff, 0xff, 0xff, 0x7f]);
  equal(reply.descriptor, 0);
});

Deno.test("a descriptor that could not be had is a bare errno", () => {
  using reply = writer();
  reply.passDescriptor(-13);
  deepEqual(reply.sent(), [0xf3, 0xff, 0xff, 0xff]);
  equal(reply.descriptor, -1);
});

Deno.test("no reply brings the descriptor of the one before it along", () => {
  using reply = writer();
  const others: ((reply: ReplyWriter) => void)[] = [
    (reply) => reply.status(0),
    (reply) => reply.status(-5),
    (reply) => reply.data(8),
    (reply) => reply.passDescriptor(-5),
  ];
  for (const other of others) {
    reply.passDescriptor(7);
    other(reply);
    equal(reply.descriptor, -1);
  }
});

Deno.test("data is what is in place already, behind its size", () => {
  using reply = writer();
  reply.word(0, 0x04030201);
  reply.word(1, -1);
  reply.data(8);
  deepEqual(
    reply.sent(),
    [0, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff],
  );
});

Deno.test("words are copied bit by bit", () => {
  using reply = writer();
  fc.assert(fc.property(
    fc.uint32Array({ minLength: 4, maxLength: 30 }),
    fc.nat(20),
    fc.nat(3),
    (from, index, at) => {
      const count = from.length - at;
      reply.copyWords(index, from, at, count);
      reply.data((index + count) * 4);
      const payload = reply.bytes.slice(8, reply.length);
      deepEqual(new Uint32Array(payload.buffer).slice(index), from.slice(at));
    },
  ));
});

Deno.test("the kernel's value stands right behind its 16-bit length", () => {
  using reply = writer();
  for (const length of [0, 1, 255, 256, 65534]) {
    // What the kernel does with the pointer that it gets.
    reply.libc.symbols.copy_to(
      reply.value,
      new Uint8Array(length).fill(0x61),
      BigInt(length),
    );
    reply.data(reply.value16(length));
    equal(reply.length, 8 + 2 + length);
    deepEqual(reply.sent().slice(0, 10), [
      ...[0, 0, 0, 0],
      ...little(length + 2, 4),
      ...little(length, 2),
    ]);
    equal(reply.sent().slice(10).every((byte) => byte === 0x61), true);
  }
});

const SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // void *memcpy(void *dest, const void *src, size_t n)
  copy_to: {
    name: "memcpy",
    parameters: ["pointer", "buffer", "usize"],
    result: "pointer",
  },
} as const satisfies Deno.ForeignLibraryInterface;

function writer() {
  const libc = openLibc(SYMBOLS);
  return Object.assign(newReply(libc), {
    libc,
    sent(this: ReplyWriter) {
      return [...this.bytes.subarray(0, this.length)];
    },
    [Symbol.dispose]: () => libc.close(),
  });
}

function little(value: number, bytes: number): number[] {
  return Array.from(
    { length: bytes },
    (_, index) => value >>> 8 * index & 0xff,
  );
}
