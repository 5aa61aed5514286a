/** Waiting for a set of descriptors. */
import { deepEqual, equal } from "node:assert/strict";
import {
  EFD_CLOEXEC,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
} from "../../../../ffi/constants.ts";
import { openLibc } from "../../../../ffi/libc.ts";
import { Waiter } from "../../../../src/polling/waiter.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../../../src/proxy/symbols.ts";

/** A waiter, and descriptors for it that are readable when they are told to be. */
class Harness implements Disposable {
  readonly #libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  readonly #made: number[] = [];
  readonly waiter = new Waiter(this.#libc);
  /** Those that were ready, by name. */
  readonly told: string[] = [];

  /** An eventfd(2). */
  event(): number {
    const fd = this.#libc.symbols.eventfd(0, EFD_CLOEXEC);
    this.#made.push(fd);
    return fd;
  }

  /** The ends of a pipe. */
  pipe(): { readonly read: number; readonly write: number } {
    const fds = new Int32Array(2);
    equal(this.#libc.symbols.pipe2(fds, EFD_CLOEXEC), 0);
    this.#made.push(...fds);
    return { read: fds[0]!, write: fds[1]! };
  }

  makeReadable(fd: number): void {
    equal(this.#libc.symbols.write(fd, new BigUint64Array([1n]), 8n), 8);
  }

  close(fd: number): void {
    equal(this.#libc.symbols.close(fd), 0);
    this.#made.splice(this.#made.indexOf(fd), 1);
  }

  watch(name: string, fd: number, events = POLLIN) {
    return this.waiter.watch(fd, events, (found) => {
      this.told.push(`${name} ${found}`);
    });
  }

  /** What the next wait finds. */
  async found(milliseconds = -1): Promise<string[]> {
    await this.waiter.wait(milliseconds);
    return this.told.splice(0);
  }

  [Symbol.dispose](): void {
    this.waiter[Symbol.dispose]();
    for (const fd of this.#made) this.#libc.symbols.close(fd);
    this.#libc.close();
  }
}

/** Lets a wait get as far as the other thread. */
const underWay = () => new Promise((go) => setTimeout(go, 20));

Deno.test("Of many descriptors those are told that are ready, with what they are ready for", async () => {
  using harness = new Harness();
  const events = Array.from({ length: 66 }, () => harness.event());
  events.forEach((fd, i) => harness.watch(`${i}`, fd));
  deepEqual(await harness.found(0), []);
  for (const i of [0, 17, 65]) harness.makeReadable(events[i]!);
  deepEqual(await harness.found(), ["0 1", "17 1", "65 1"]);
  const { read, write } = harness.pipe();
  harness.watch("read", read);
  harness.watch("write", write, POLLOUT);
  harness.close(read);
  const found = await harness.found();
  deepEqual(found.at(-1), `write ${POLLOUT | POLLERR}`);
});

Deno.test("What is removed is told of no more, and may be closed", async () => {
  using harness = new Harness();
  const [first, second] = [harness.event(), harness.event()];
  const watch = harness.watch("first", first);
  harness.watch("second", second);
  harness.makeReadable(first);
  harness.makeReadable(second);
  deepEqual(await harness.found(), ["first 1", "second 1"]);
  watch.remove();
  harness.close(first);
  deepEqual(await harness.found(), ["second 1"]);
});

Deno.test("One that is told may remove another, which is ready as well", async () => {
  using harness = new Harness();
  const [first, second] = [harness.event(), harness.event()];
  harness.waiter.watch(first, POLLIN, () => {
    harness.told.push("first");
    watch.remove();
  });
  const watch = harness.watch("second", second);
  harness.makeReadable(first);
  harness.makeReadable(second);
  deepEqual(await harness.found(), ["first"]);
});

Deno.test("One that is replaced while it is waited for is told of from the next wait on", async () => {
  using harness = new Harness();
  const [former, next] = [harness.event(), harness.event()];
  const watch = harness.watch("former", former);
  const wait = harness.found();
  await underWay();
  watch.remove();
  harness.watch("next", next);
  harness.makeReadable(next);
  // Ends no wait for who asked: it makes the other thread look at the set anew.
  harness.makeReadable(former);
  deepEqual(await wait, ["next 1"]);
});

Deno.test("wake() ends one wait: the one under way, or else the next", async () => {
  using harness = new Harness();
  const event = harness.event();
  const wait = harness.found();
  await underWay();
  const watch = harness.watch("event", event, 0);
  harness.makeReadable(event);
  harness.waiter.wake();
  deepEqual(await wait, []);
  harness.waiter.wake();
  harness.waiter.wake();
  deepEqual(await harness.found(), []);
  watch.events = POLLIN;
  deepEqual(await harness.found(), ["event 1"]);
});

Deno.test("A hang-up is told of without having been asked for", async () => {
  using harness = new Harness();
  const { read, write } = harness.pipe();
  harness.watch("read", read, 0);
  harness.close(write);
  deepEqual(await harness.found(), [`read ${POLLHUP}`]);
});

Deno.test("A wait goes on where it is told to, and behind a timer", async () => {
  using harness = new Harness();
  const [aside, event] = [harness.event(), harness.event()];
  const watch = harness.waiter.watch(aside, POLLIN, () => {
    harness.told.push("aside");
    watch.remove();
    harness.waiter.after(1, () => {
      harness.told.push("later");
      harness.makeReadable(event);
    });
    return "go on";
  });
  harness.watch("event", event);
  harness.makeReadable(aside);
  deepEqual(await harness.found(), ["aside", "later", "event 1"]);
});

Deno.test("A wait for one descriptor alone hears nothing else", async () => {
  using harness = new Harness();
  const [event, other] = [harness.event(), harness.event()];
  const watch = harness.watch("event", event);
  harness.watch("other", other);
  harness.makeReadable(other);
  harness.waiter.wake();
  let ended = false;
  const wait = harness.waiter.waitOnlyFor(watch, -1).then(() => ended = true);
  await underWay();
  equal(ended, false);
  harness.makeReadable(event);
  await wait;
  deepEqual(harness.told, []);
});
