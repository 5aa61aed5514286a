/** Requests through a device: from a ring to the file system and back. */
import { deepEqual, equal, match } from "node:assert/strict";
import { EFAULT, EIO } from "../../../../ffi/errno.ts";
import { FatalError } from "../../../../src/errors.ts";
import * as m from "../../../../src/vhost_user_fs/client/messages.ts";
import type { Ring } from "../../../../src/vhost_user_fs/client/ring.ts";
import { Harness, OUT_HEADER } from "./harness.ts";

/** A request of a whole header in front of `bytes`. */
function request(h: Harness, ring: Ring, bytes: number[], room = 100): number {
  h.put(0, bytes);
  const head = ring.add([
    h.buffer(0, bytes.length),
    ...room > 0 ? [h.buffer(4096, room, true)] : [],
  ]);
  ring.publish(head);
  return head;
}

const FORMS = [
  { eventIdx: true, indirect: true },
  { eventIdx: true, indirect: false },
  { eventIdx: false, indirect: true },
  { eventIdx: false, indirect: false },
] as const;

for (const form of FORMS) {
  Deno.test(`requests are served, three times around the ring: ${JSON.stringify(form)}`, () => {
    using h = new Harness();
    const ring = h.started(1, { size: 8, ...form });
    for (let i = 0; i < 3 * 8 + 1; i++) {
      const head = request(h, ring, [i, 2, 3, 4]);
      ring.listen(true);
      ring.kick();
      equal(h.run(), "idle");
      deepEqual(h.server.requests.pop(), {
        bytes: Uint8Array.of(i, 2, 3, 4),
        queue: 1,
      });
      deepEqual(ring.reap(), { head, length: OUT_HEADER + 4 });
      deepEqual(h.bytes(4096 + OUT_HEADER, 4), [i, 2, 3, 4]);
      equal(h.signalled(ring.callFd), true);
    }
    equal(ring.reap(), undefined);
    ring.close();
  });
}

Deno.test("indices pass 65535", () => {
  using h = new Harness();
  h.begin();
  const ring = h.ring(1, { size: 8 });
  ring.availIdx = ring.usedIdx = 0xfffc;
  h.memory.halves[ring.used / 2 + 1] = 0xfffc;
  ring.setAvailIdx(0xfffc);
  h.start(ring);
  for (let i = 0; i < 10; i++) {
    request(h, ring, [i]);
    ring.kick();
    equal(h.run(), "idle");
    equal(ring.reap()?.length, OUT_HEADER + 1);
  }
  equal(ring.deviceIdx, 6);
  ring.close();
});

Deno.test("requests that were there before the start need no kick", () => {
  using h = new Harness();
  h.begin();
  const ring = h.ring();
  h.configure(ring);
  request(h, ring, [1]);
  h.must(m.SET_VRING_ENABLE, m.vringState(1, 1));
  equal(ring.reap(), undefined);
  h.must(m.SET_VRING_KICK, m.u64s(1), [ring.kickFd]);
  equal(ring.reap()?.length, OUT_HEADER + 1);
  ring.close();
});

Deno.test("no kicks are asked for while requests are served, and one is before the device sleeps", () => {
  for (const eventIdx of [true, false]) {
    using h = new Harness();
    const ring = h.started(1, { eventIdx });
    equal(h.run(), "idle");
    request(h, ring, [1]);
    ring.kick();
    deepEqual(ring.counts, { kicks: 1, suppressed: 0 });
    h.server.act = () => {
      h.server.act = undefined;
      request(h, ring, [2]);
      ring.kick();
      return 0;
    };
    equal(h.run(), "idle");
    deepEqual(ring.counts, { kicks: 1, suppressed: 1 });
    equal(h.server.requests.length, 2);
    request(h, ring, [3]);
    ring.kick();
    deepEqual(ring.counts, { kicks: 2, suppressed: 1 });
    equal(h.run(), "idle");
    ring.close();
  }
});

Deno.test("a request without room for an answer has none", () => {
  using h = new Harness();
  const ring = h.started(0);
  const head = request(h, ring, [1, 2], 0);
  equal(h.run(), "idle");
  deepEqual(ring.reap(), { head, length: 0 });
  deepEqual(h.server.requests[0]?.queue, 0);
  ring.close();
});

Deno.test("rings are served in turn", () => {
  using h = new Harness();
  h.begin();
  const rings = [0, 1, 2].map((index) => h.ring(index, { size: 8 }));
  for (const ring of rings) h.start(ring);
  for (const ring of rings) {
    for (let i = 0; i < 3; i++) {
      ring.publish(ring.add([h.buffer(0, 1)]));
    }
  }
  equal(h.run(), "idle");
  deepEqual(h.server.requests.map(({ queue }) => queue), [
    ...[0, 1, 2],
    ...[0, 1, 2],
    ...[0, 1, 2],
  ]);
  rings.forEach((ring) => ring.close());
});

Deno.test("all of 65 rings are served", () => {
  using h = new Harness();
  h.begin();
  const rings = Array.from(
    { length: 65 },
    (_, index) => h.ring(index, { size: 8 }),
  );
  for (const ring of rings) h.start(ring);
  for (const ring of rings) ring.publish(ring.add([h.buffer(0, 1)]));
  equal(h.run(), "idle");
  equal(new Set(h.server.requests.map(({ queue }) => queue)).size, 65);
  rings.forEach((ring) => ring.close());
});

/** Breaks the ring and sees to it that nothing but the ring suffers. */
function breaks(spoil: (h: Harness, ring: Ring) => void): void {
  using h = new Harness();
  const ring = h.started(1, { size: 8 });
  const other = h.ring(2, { size: 8 });
  h.start(other);
  spoil(h, ring);
  equal(h.run(), "idle");
  equal(h.signalled(ring.errFd), true);
  equal(h.said.length, 1);
  match(h.said[0]!, /Stopped serving queue 1 of the guest/);
  // The other one goes on, and all answers.
  request(h, other, [1]);
  other.kick();
  equal(h.run(), "idle");
  equal(other.reap()?.length, OUT_HEADER + 1);
  const before = h.server.requests.length;
  ring.publish(0);
  ring.kick();
  equal(h.run(), "idle");
  equal(h.server.requests.length, before);
  // It is served again when it is started again.
  h.connection.send(m.GET_VRING_BASE, m.vringState(1, 0));
  h.run();
  h.connection.receive(m.GET_VRING_BASE);
  ring.clear();
  h.start(ring, 0);
  request(h, ring, [9]);
  ring.kick();
  equal(h.run(), "idle");
  equal(ring.reap()?.length, OUT_HEADER + 1);
  ring.close();
  other.close();
}

Deno.test("an index that jumps breaks its ring", () =>
  breaks((h, ring) => {
    request(h, ring, [1]);
    ring.setAvailIdx(9);
    ring.kick();
  }));

Deno.test("an index that goes back breaks its ring", () =>
  breaks((h, ring) => {
    request(h, ring, [1]);
    h.run();
    ring.reap();
    ring.setAvailIdx(0);
    h.system.signal(ring.kickFd);
  }));

Deno.test("a head outside of the table breaks its ring", () =>
  breaks((h, ring) => {
    ring.publish(8);
    h.system.signal(ring.kickFd);
  }));

Deno.test("a malformed chain is given back, with an error where it can bear one", () => {
  using h = new Harness();
  const ring = h.started(1, { size: 8 });
  h.put(0, [56, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const good = h.buffer(0, 56);
  const hole = { address: 0x10, length: 8, writable: false };
  const answer = h.buffer(4096, 100, true);
  const send = (...buffers: (typeof good)[]) => {
    const head = ring.add(buffers);
    ring.publish(head);
    ring.kick();
    equal(h.run(), "idle");
    equal(ring.reap()?.head, head);
    return h.bytes(4096, 16);
  };
  const error = (errno: number) => [
    ...[16, 0, 0, 0, 256 - errno, 255, 255, 255],
    ...[1, 2, 3, 4, 5, 6, 7, 8],
  ];
  deepEqual(send(good, hole, answer), error(EFAULT));
  deepEqual(send(good, answer, good), error(EIO));
  equal(h.server.requests.length, 0);
  equal(h.said.length, 1);
  match(h.said[0]!, /Queue 1|queue 1/);
  equal(h.signalled(ring.errFd), false);
  ring.close();
});

Deno.test("a circle is given back with nothing in it", () => {
  using h = new Harness();
  const ring = h.started(1, { size: 8 });
  ring.write(ring.descriptors, h.buffer(0, 4), 0);
  ring.publish(0);
  ring.kick();
  equal(h.run(), "idle");
  deepEqual([...h.memory.bytes.subarray(ring.used, ring.used + 12)], [
    ...[0, 0, 1, 0],
    ...[0, 0, 0, 0],
    ...[0, 0, 0, 0],
  ]);
  ring.close();
});

Deno.test("a file system that throws costs its request alone, or all if it says so", () => {
  using h = new Harness();
  const ring = h.started();
  const bytes = [56, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
  h.server.act = () => {
    throw new Error("odd");
  };
  request(h, ring, bytes);
  equal(h.run(), "idle");
  equal(ring.reap()?.length, OUT_HEADER);
  equal(h.bytes(4096, 5)[4], 256 - EIO);
  match(h.said.join(), /Error: odd/);
  h.server.act = () => {
    throw new FatalError("lost");
  };
  request(h, ring, bytes);
  equal(h.run(), "broken");
  equal(ring.reap()?.length, OUT_HEADER);
  ring.close();
});
