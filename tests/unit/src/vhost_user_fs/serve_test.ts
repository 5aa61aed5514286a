/** The loop: asleep, busy, and what it sees meanwhile. */
import { deepEqual, equal } from "node:assert/strict";
import { Figures } from "../../../../src/metrics/figures.ts";
import { Waiter } from "../../../../src/polling/waiter.ts";
import * as m from "../../../../src/vhost_user_fs/client/messages.ts";
import type { Ring } from "../../../../src/vhost_user_fs/client/ring.ts";
import {
  serveDevice,
  serveQueues,
} from "../../../../src/vhost_user_fs/serve.ts";
import { Harness, openDescriptors, OUT_HEADER } from "./harness.ts";

const sleep = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Returns as soon as `condition` holds, which it has to at some time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}

/** A waiter that counts, and says whether it waits for events. */
class CountingWaiter extends Waiter {
  waits = 0;
  asleep = false;

  override async wait(milliseconds: number): Promise<void> {
    this.waits++;
    this.asleep = milliseconds < 0;
    await super.wait(milliseconds);
    this.asleep = false;
  }
}

/** The loop, beside a front end that takes turns with it in one thread. */
class Loop implements Disposable {
  readonly h: Harness;
  readonly waiter: CountingWaiter;
  readonly stop = { requested: false };

  constructor(pollMax = 0) {
    this.h = new Harness(pollMax);
    this.waiter = new CountingWaiter(this.h.libc);
  }

  serve() {
    const { waiter, stop, h: { libc, device } } = this;
    return serveDevice(device, { libc, waiter, stop });
  }

  /** Until it sleeps on another thread. */
  async asleep(): Promise<void> {
    await until(() => this.waiter.asleep);
  }

  [Symbol.dispose](): void {
    this.waiter[Symbol.dispose]();
    this.h[Symbol.dispose]();
  }
}

function request(h: Harness, ring: Ring): void {
  ring.publish(ring.add([h.buffer(0, 4), h.buffer(4096, 64, true)]));
}

Deno.test("a kick wakes the loop, and it sleeps again", async () => {
  using loop = new Loop();
  const { h } = loop;
  const ring = h.started();
  const serving = loop.serve();
  for (let i = 0; i < 3; i++) {
    await loop.asleep();
    ring.listen(true);
    request(h, ring);
    ring.kick();
    await until(() => h.signalled(ring.callFd));
    equal(ring.reap()?.length, OUT_HEADER + 4);
  }
  h.connection.close();
  equal(await serving, "closed");
  ring.close();
});

Deno.test("who has nothing to do waits once", async () => {
  using loop = new Loop();
  const ring = loop.h.started();
  const serving = loop.serve();
  await loop.asleep();
  const before = loop.waiter.waits;
  await sleep(300);
  equal(loop.waiter.waits, before);
  loop.stop.requested = true;
  loop.waiter.wake();
  equal(await serving, "stopped");
  ring.close();
});

Deno.test("a message wakes the loop", async () => {
  using loop = new Loop();
  const { h } = loop;
  const serving = loop.serve();
  await loop.asleep();
  h.connection.send(m.GET_QUEUE_NUM);
  await until(() => h.connection.hasInput(0));
  equal(h.replies().length, 1);
  h.connection.sendBytes(new Uint8Array(12));
  equal(await serving, "violation");
});

/** How long a guest is busy that nobody interrupts: long enough for any machine to do it. */
const LONG_MS = 60_000;

/** Answers each request with another one, until told otherwise. */
function keepBusy(h: Harness, ring: Ring, until: (served: number) => boolean) {
  let served = 0;
  h.server.act = () => {
    h.server.requests.length = 0;
    while (ring.reap() !== undefined);
    if (!until(++served)) request(h, ring);
    return 0;
  };
  request(h, ring);
  ring.kick();
}

for (const pollMax of [0, 100_000]) {
  Deno.test(`messages are seen while there is always a request, polling ${pollMax} ns`, async () => {
    using loop = new Loop(pollMax);
    const { h } = loop;
    const ring = h.started();
    const asked = 5000;
    let answered = false, done = false;
    const end = performance.now() + LONG_MS;
    keepBusy(h, ring, (served) => {
      if (served === asked) h.connection.send(m.GET_QUEUE_NUM);
      answered = served > asked && h.connection.hasInput(0);
      return done = answered || performance.now() > end;
    });
    const serving = loop.serve();
    await until(() => done);
    h.connection.close();
    equal(await serving, "closed");
    equal(answered, true);
    ring.close();
  });
}

Deno.test("signals are seen while there is always a request, and a stop is", async () => {
  using loop = new Loop();
  const { h } = loop;
  const ring = h.started();
  const end = performance.now() + LONG_MS;
  let gaveUp = false;
  keepBusy(h, ring, () => gaveUp = performance.now() > end);
  const serving = loop.serve();
  setTimeout(() => loop.stop.requested = true, 120);
  equal(await serving, "stopped");
  equal(gaveUp, false);
  ring.close();
});

Deno.test("the end of the connection is seen while there is always a request", async () => {
  using loop = new Loop();
  const { h } = loop;
  const ring = h.started();
  const end = performance.now() + LONG_MS;
  let gaveUp = false;
  keepBusy(h, ring, (served) => {
    if (served === 1000) h.system.finish(h.connection.fd);
    return gaveUp = performance.now() > end;
  });
  equal(await loop.serve(), "closed");
  equal(gaveUp, false);
  ring.close();
});

Deno.test("kicks without end and without requests let signals through", async () => {
  using loop = new Loop();
  const { h } = loop;
  const ring = h.started();
  const kick = setInterval(() => h.system.signal(ring.kickFd), 0);
  const serving = loop.serve();
  await sleep(50);
  loop.stop.requested = true;
  loop.waiter.wake();
  equal(await serving, "stopped");
  clearInterval(kick);
  ring.close();
});

Deno.test("at the end nothing is left: no descriptor, no state", async () => {
  using h = new Harness();
  using waiter = new Waiter(h.libc);
  const [ours, theirs] = h.system.socketpair();
  const before = openDescriptors(h.system);
  const { libc, server, log } = h;
  const event = h.system.eventfd();
  const serving = serveQueues({
    libc,
    fd: theirs,
    server,
    log,
    waiter,
    stop: { requested: false },
    figures: new Figures([], true),
    pollMax: 0,
  });
  h.system.close(event, ours);
  equal(await serving, "closed");
  equal(server.resets, 1);
  deepEqual(
    openDescriptors(h.system),
    before.filter((fd) => fd !== ours && fd !== theirs),
  );
});
