/** The reader of requests. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { openLibc } from "../../../../../ffi/libc.ts";
import { MEMORY_SYMBOLS } from "../../../../../ffi/symbols/memory.ts";
import { Request } from "../../../../../src/vhost_user_fs/fuse/request.ts";

const EINVAL = -22;
const ENAMETOOLONG = -36;
const HEADER = 40;

/** A request with these arguments, of which `fixed` bytes come before the strings. */
function request(args: string, fixed = 0, extensions = 0): Request {
  const libc = openLibc(MEMORY_SYMBOLS);
  const made = new Request(libc);
  libc.close();
  const bytes = new TextEncoder().encode(args);
  made.memory.bytes.set(bytes, HEADER);
  new DataView(made.memory.bytes.buffer).setUint16(36, extensions, true);
  const fits = made.begin(HEADER + bytes.length, fixed);
  equal(fits, bytes.length - extensions * 8 >= fixed);
  return made;
}

Deno.test("Two names have memory of their own, and a target, too", () => {
  const two = request("one\0second\0rest");
  const one = two.name(), second = two.name();
  notEqual(one, second);
  deepEqual([one === null, second === null, two.length], [false, false, 6]);
  deepEqual(two.strings.map(String), ["111,110,101", "115,101,99,111,110,100"]);
  equal(two.rest, 4);
  const link = request("name\0/any/../where\0");
  notEqual(link.name(), link.target());
  equal(link.length, 13);
  equal(link.rest, 0);
});

Deno.test("Strings end before the extensions", () => {
  const hidden = request("abcdefg\0extended", 0, 1);
  notEqual(hidden.name(), null);
  const cut = request("abcdefghextende\0", 0, 1);
  equal(cut.name(), null);
  equal(cut.refusal, EINVAL);
  request("short", 0, 1);
  request("12345678", 8, 1);
});

Deno.test("How long a string may be", () => {
  for (
    const [length, ask] of [
      [255, (r: Request) => r.name()],
      [255, (r: Request) => r.attributeName()],
      [4095, (r: Request) => r.target()],
    ] as const
  ) {
    const longest = request("x".repeat(length) + "\0");
    notEqual(ask(longest), null);
    equal(longest.length, length);
    const longer = request("x".repeat(length + 1) + "\0");
    equal(ask(longer), null);
    equal(longer.refusal, ENAMETOOLONG);
    const endless = request("x".repeat(length));
    equal(ask(endless), null);
    equal(endless.refusal, EINVAL);
    const empty = request("\0");
    equal(ask(empty), null);
    equal(empty.refusal, EINVAL);
  }
  // An attribute's name is no component.
  notEqual(request("user.a/b\0").attributeName(), null);
});

Deno.test("A value is all there, or none", () => {
  const made = request("abcd");
  notEqual(made.value(4), null);
  equal(made.value(5), null);
  equal(made.value(70_000), null);
  notEqual(made.value(0), null);
});

Deno.test("64-bit words: sums, limits, signs", () => {
  const made = request("\0".repeat(16), 16);
  const at = made.wideAt(1);
  const { wide } = made;
  wide[at] = 0xffff_fff0n;
  made.advance(1, 0x20);
  equal(wide[at], 0x1_0000_0010n);
  made.advance(1, 5);
  equal(wide[at], 0x1_0000_0015n);
  equal(made.isNegative(1), false);
  wide[at] = 1n << 63n;
  equal(made.isNegative(1), true);
  for (
    const [before, after] of [
      [5n, 5n],
      [100n, 100n],
      [101n, 100n],
      [1n << 32n, 100n],
      [(1n << 64n) - 1n, 100n],
    ] as const
  ) {
    wide[at] = before;
    made.limit(1, 100);
    equal(wide[at], after);
  }
  equal(wide[made.wideAt(0)], 0n);
});
