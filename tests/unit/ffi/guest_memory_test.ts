/** A stranger's memory, by address and as windows. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { EFD_CLOEXEC } from "../../../ffi/constants.ts";
import { EACCES, EBADF, EINVAL, ENODEV } from "../../../ffi/errno.ts";
import {
  guestMemoryCalls,
  type Mapping,
  type Window,
} from "../../../ffi/guest_memory.ts";
import { allocate } from "../../../ffi/memory.ts";
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import { Copier } from "../../../src/vhost_user_fs/virtqueue/copier.ts";
import { openDeviceLibc } from "../src/vhost_user_fs/harness.ts";

const PAGE = 4096;
const GIB = 1024 ** 3;

class Harness implements Disposable {
  readonly system = new System();
  readonly libc = openDeviceLibc();
  readonly memory = guestMemoryCalls(this.libc);
  readonly #copier = new Copier(this.libc);

  map(fd: number, offset: number, size: number): Mapping {
    const mapping = this.memory.map(fd, offset, size, PAGE);
    if (typeof mapping === "number") throw new Error(`errno ${-mapping}`);
    return mapping;
  }

  window(fd: number, offset: number, size: number): Window {
    const window = this.memory.window(fd, offset, size, PAGE);
    if (typeof window === "number") throw new Error(`errno ${-window}`);
    return window;
  }

  /** What lies at an address. */
  peek(address: number, size: number): number[] {
    const copy = allocate(this.libc, size);
    this.#copier.locate(copy);
    this.#copier.take(Float64Array.of(address), 0, 0, size);
    return [...copy.bytes.subarray(0, size)];
  }

  poke(address: number, bytes: readonly number[]): void {
    const copy = allocate(this.libc, bytes.length);
    copy.bytes.set(bytes);
    this.#copier.locate(copy);
    this.#copier.give(Float64Array.of(address), 0, 0, bytes.length);
  }

  [Symbol.dispose](): void {
    this.libc.close();
    this.system[Symbol.dispose]();
  }
}

const bytesOf = ({ buffer, offset }: Window, size: number) =>
  new Uint8Array(buffer, offset, size);

Deno.test("a window and a mapping show the same memory", () => {
  using h = new Harness();
  const fd = h.system.memfd(64 * PAGE);
  const mapping = h.map(fd, 0, 64 * PAGE);
  // Not at the beginning of a page, and over the border of one.
  const window = h.window(fd, 3 * PAGE + 100, PAGE);
  const bytes = bytesOf(window, PAGE);
  bytes.set([1, 2, 3]);
  deepEqual(h.peek(mapping.address + 3 * PAGE + 100, 3), [1, 2, 3]);
  h.poke(mapping.address + 4 * PAGE + 99, [9]);
  equal(bytes[PAGE - 1], 9);
  window.release();
  mapping.unmap();
  h.system.close(fd);
});

Deno.test("a mapping begins at an offset that is no page's", () => {
  using h = new Harness();
  const fd = h.system.memfd(4 * PAGE);
  const whole = h.map(fd, 0, 4 * PAGE);
  const part = h.map(fd, PAGE + 123, 2 * PAGE);
  h.poke(part.address, [7]);
  deepEqual(h.peek(whole.address + PAGE + 123, 1), [7]);
  part.unmap();
  whole.unmap();
  h.system.close(fd);
});

Deno.test("what is stored in a released window reaches nobody", () => {
  using h = new Harness();
  const fd = h.system.memfd(4 * PAGE);
  const mapping = h.map(fd, 0, 4 * PAGE);
  h.poke(mapping.address + PAGE, [5]);
  const window = h.window(fd, PAGE, 16);
  const bytes = bytesOf(window, 16);
  equal(bytes[0], 5);
  window.release();
  equal(bytes[0], 0);
  bytes[0] = 6;
  deepEqual(h.peek(mapping.address + PAGE, 1), [5]);
  mapping.unmap();
  h.system.close(fd);
});

Deno.test("there are windows for three tables of each of 65 rings, and their places are used again", () => {
  using h = new Harness();
  const fd = h.system.memfd(256 * PAGE);
  const buffers = new Set<SharedArrayBuffer>();
  for (let round = 0; round < 3; round++) {
    const windows = Array.from(
      { length: 195 },
      (_, i) => h.window(fd, i * PAGE, PAGE),
    );
    windows.forEach((window, i) => bytesOf(window, 1)[0] = i);
    windows.forEach((window, i) => {
      equal(bytesOf(window, 1)[0], i);
      buffers.add(window.buffer);
    });
    windows.forEach((window) => window.release());
  }
  ok(buffers.size <= 4, `${buffers.size} buffers`);
  h.system.close(fd);
});

Deno.test("a window longer than the usual place for one has its own, once", () => {
  using h = new Harness();
  const fd = h.system.memfd(8 * 1024 * 1024);
  const buffers = new Set<SharedArrayBuffer>();
  for (let round = 0; round < 3; round++) {
    const window = h.memory.window(fd, 4096, 64, 0x20_0000);
    if (typeof window === "number") throw new Error(`errno ${-window}`);
    buffers.add(window.buffer);
    window.release();
  }
  equal(buffers.size, 1);
  h.system.close(fd);
});

Deno.test("16 GiB are mapped at once, and reached everywhere", () => {
  using h = new Harness();
  const fd = h.system.memfd(16 * GIB);
  const mapping = h.map(fd, 0, 16 * GIB);
  for (const at of [5 * GIB + 17, 16 * GIB - 8]) {
    const window = h.window(fd, at, 8);
    bytesOf(window, 1)[0] = 42;
    deepEqual(h.peek(mapping.address + at, 1), [42]);
    window.release();
  }
  mapping.unmap();
  h.system.close(fd);
});

Deno.test("what is no memory is not mapped", () => {
  using h = new Harness();
  const event = h.libc.symbols.eventfd(0, EFD_CLOEXEC);
  const [output, input] = h.system.pipe();
  deepEqual(
    [event, output].map((fd) => h.memory.map(fd, 0, PAGE, PAGE)),
    [-ENODEV, -EACCES],
  );
  equal(h.memory.map(-1, 0, PAGE, PAGE), -EBADF);
  equal(h.memory.window(-1, 0, PAGE, PAGE), -EBADF);
  equal(h.memory.map(event, 2 ** 53, PAGE, PAGE), -EINVAL);
  h.system.close(event, output, input);
});

Deno.test("the facts of a descriptor tell its size", () => {
  using h = new Harness();
  const fd = h.system.memfd(5 * GIB + 1);
  const facts = h.memory.facts(fd);
  ok(typeof facts !== "number");
  deepEqual([facts.size, facts.unit], [5 * GIB + 1, PAGE]);
  equal(h.memory.facts(-1), -EBADF);
  h.system.close(fd);
});
