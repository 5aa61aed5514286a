/** Rings as the front end sets them up, starts, stops and resets them. */
import { deepEqual, equal } from "node:assert/strict";
import * as m from "../../../../../src/vhost_user_fs/client/messages.ts";
import type { Ring } from "../../../../../src/vhost_user_fs/client/ring.ts";
import { Harness, openDescriptors, OUT_HEADER } from "../harness.ts";

/** Makes a request. Returns whether it was answered. */
function serves(h: Harness, ring: Ring): boolean {
  ring.publish(ring.add([h.buffer(0, 4), h.buffer(64, 64, true)]));
  ring.kick();
  equal(h.run(), "idle");
  const used = ring.reap();
  if (used !== undefined) equal(used.length, OUT_HEADER + 4);
  return used !== undefined;
}

/** GET_VRING_BASE. */
function stop(h: Harness, ring: Ring): number {
  h.connection.send(m.GET_VRING_BASE, m.vringState(ring.index, 0));
  equal(h.run(), "idle");
  const state = h.connection.receive(m.GET_VRING_BASE);
  const [index, base] = new Uint32Array(state.buffer);
  equal(index, ring.index);
  return base!;
}

Deno.test("a ring is served while it is started and enabled", () => {
  using h = new Harness();
  h.begin();
  const ring = h.ring();
  h.configure(ring);
  equal(serves(h, ring), false);
  h.must(m.SET_VRING_KICK, m.u64s(1), [ring.kickFd]);
  equal(ring.reap(), undefined);
  h.must(m.SET_VRING_ENABLE, m.vringState(1, 1));
  equal(ring.reap()?.length, OUT_HEADER + 4);
  equal(serves(h, ring), true);
  h.must(m.SET_VRING_ENABLE, m.vringState(1, 0));
  equal(serves(h, ring), false);
  h.must(m.SET_VRING_ENABLE, m.vringState(1, 1));
  equal(ring.reap()?.length, OUT_HEADER + 4);
  ring.close();
});

Deno.test("without PROTOCOL_FEATURES rings are enabled from the start", () => {
  using h = new Harness();
  h.begin(true, true, false);
  const ring = h.ring();
  h.configure(ring);
  h.must(m.SET_VRING_KICK, m.u64s(1), [ring.kickFd]);
  equal(serves(h, ring), true);
  ring.close();
});

Deno.test("a ring stops, tells where, and goes on there", () => {
  using h = new Harness();
  const ring = h.started(1, { size: 8 });
  for (let i = 0; i < 11; i++) equal(serves(h, ring), true);
  equal(stop(h, ring), 11);
  equal(stop(h, ring), 11);
  equal(serves(h, ring), false);
  h.start(ring, 11);
  equal(ring.reap()?.length, OUT_HEADER + 4);
  equal(serves(h, ring), true);
  equal(stop(h, ring), 13);
  ring.close();
});

Deno.test("a GET_VRING_BASE of the wrong size stops no ring", () => {
  using h = new Harness();
  const ring = h.started(1);
  // Its number is where the payload would be.
  h.must(m.SET_VRING_ENABLE, m.vringState(1, 1));
  h.connection.send(m.GET_VRING_BASE);
  equal(h.run(), "idle");
  equal(h.replies().length, 1);
  equal(serves(h, ring), true);
  ring.close();
});

Deno.test("a stopped ring holds no kick descriptor", () => {
  using h = new Harness();
  const before = openDescriptors(h.system).length;
  h.begin();
  const ring = h.ring();
  for (let i = 0; i < 3; i++) {
    h.start(ring, 0);
    stop(h, ring);
  }
  // Memory, call, error; and three of the ring's own.
  equal(openDescriptors(h.system).length, before + 6);
  ring.close();
});

Deno.test("a guest that is reset three times is served each time, and its state is dropped", () => {
  using h = new Harness();
  const ring = h.started();
  for (let i = 1; i <= 3; i++) {
    equal(serves(h, ring), true);
    h.must(m.SET_VRING_ENABLE, m.vringState(1, 0));
    stop(h, ring);
    // QEMU sends several, and asks for no acknowledgement.
    for (let n = 0; n < i; n++) h.connection.send(m.RESET_DEVICE);
    equal(h.run(), "idle");
    deepEqual(h.replies(), []);
    equal(h.server.resets, i * (i + 1) / 2);
    ring.clear();
    // The memory and the error descriptor are not sent again.
    h.must(m.SET_FEATURES, m.u64s(0x1_7000_0000));
    h.start(ring, 0);
  }
  equal(serves(h, ring), true);
  ring.close();
});

Deno.test("stopping a ring drops nothing", () => {
  using h = new Harness();
  const ring = h.started();
  stop(h, ring);
  equal(h.server.resets, 0);
  ring.close();
});

Deno.test("RESET_DEVICE stops rings that run", () => {
  using h = new Harness();
  const ring = h.started();
  h.must(m.RESET_DEVICE);
  equal(serves(h, ring), false);
  h.must(m.RESET_DEVICE);
  ring.clear();
  h.start(ring, 0);
  equal(serves(h, ring), true);
  ring.close();
});

Deno.test("RESET_OWNER disables rings", () => {
  using h = new Harness();
  const ring = h.started();
  h.must(m.RESET_OWNER);
  equal(serves(h, ring), false);
  ring.close();
});

Deno.test("a call descriptor that takes another's place while the ring runs is signalled, once", () => {
  using h = new Harness();
  const ring = h.started();
  equal(h.signalled(ring.callFd), false);
  const former = ring.callFd;
  ring.callFd = h.system.eventfd();
  h.must(m.SET_VRING_CALL, m.u64s(1), [ring.callFd]);
  equal(h.signalled(ring.callFd), true);
  equal(h.signalled(former), false);
  equal(h.run(), "idle");
  equal(h.signalled(ring.callFd), false);
  equal(serves(h, ring), true);
  equal(h.signalled(ring.callFd), true);
  equal(h.signalled(former), false);
  h.system.close(former);
  ring.close();
});

Deno.test("a ring without a call descriptor is served in silence", () => {
  using h = new Harness();
  const ring = h.started();
  h.must(m.SET_VRING_CALL, m.u64s(m.NO_DESCRIPTOR | 1n));
  equal(serves(h, ring), true);
  equal(h.signalled(ring.callFd), false);
  ring.close();
});

Deno.test("another kick descriptor takes the place of the first", () => {
  using h = new Harness();
  const ring = h.started();
  const former = ring.kickFd;
  ring.kickFd = h.system.eventfd();
  const before = openDescriptors(h.system).length;
  h.must(m.SET_VRING_KICK, m.u64s(1), [ring.kickFd]);
  equal(openDescriptors(h.system).length, before);
  equal(serves(h, ring), true);
  h.system.close(former);
  equal(serves(h, ring), true);
  ring.close();
});

Deno.test("a ring that runs is not set up anew", () => {
  using h = new Harness();
  const ring = h.started(1, { size: 8 });
  const user = h.memory.userAddress;
  const addresses = (shift: number) =>
    m.vringAddress(
      1,
      user + ring.descriptors + shift,
      user + ring.used,
      user + ring.available,
    );
  equal(h.tell(m.SET_VRING_NUM, m.vringState(1, 16)), 1);
  equal(h.tell(m.SET_VRING_BASE, m.vringState(1, 0)), 1);
  equal(h.tell(m.SET_VRING_ADDR, addresses(16)), 1);
  // To say the same again changes nothing.
  h.must(m.SET_VRING_NUM, m.vringState(1, 8));
  h.must(m.SET_VRING_ADDR, addresses(0));
  equal(serves(h, ring), true);
  ring.close();
});

Deno.test("sizes are powers of two, up to 32768", () => {
  using h = new Harness();
  const told = (size: number) =>
    h.tell(m.SET_VRING_NUM, m.vringState(1, size)) === 0;
  deepEqual([1, 2, 1024, 32768].map(told), [true, true, true, true]);
  deepEqual(
    [0, 3, 1000, 65536, 0x8000_0000, 0xffff_ffff].map(told),
    [false, false, false, false, false, false],
  );
});

Deno.test("a base has 16 bits, and enabled is yes or no", () => {
  using h = new Harness();
  equal(h.tell(m.SET_VRING_BASE, m.vringState(1, 0x1_0000)), 1);
  equal(h.tell(m.SET_VRING_ENABLE, m.vringState(1, 2)), 1);
});

Deno.test("there are 65 rings and no more", () => {
  using h = new Harness();
  const event = h.system.eventfd();
  const before = openDescriptors(h.system);
  for (const index of [65, 255]) {
    for (
      const request of [m.SET_VRING_NUM, m.SET_VRING_BASE, m.SET_VRING_ENABLE]
    ) {
      equal(h.tell(request, m.vringState(index, 1)), 1);
    }
    equal(h.tell(m.SET_VRING_ADDR, m.vringAddress(index, 0, 0, 0)), 1);
    for (
      const request of [m.SET_VRING_KICK, m.SET_VRING_CALL, m.SET_VRING_ERR]
    ) {
      equal(h.tell(request, m.u64s(index), [event]), 1);
    }
  }
  for (const word of [0x200, 2 ** 32, 2 ** 63]) {
    equal(h.tell(m.SET_VRING_CALL, m.u64s(word), [event]), 1);
  }
  deepEqual(openDescriptors(h.system), before);
  h.system.close(event);
});

Deno.test("tables are aligned and within the memory", () => {
  using h = new Harness();
  h.begin();
  const { userAddress: user, size } = h.memory;
  h.must(m.SET_VRING_NUM, m.vringState(1, 128));
  const told = (descriptors: number, used: number, available: number) =>
    h.tell(
      m.SET_VRING_ADDR,
      m.vringAddress(1, user + descriptors, user + used, user + available),
    ) === 0;
  const end = size;
  // 16, 6 + 8, 6 + 2 bytes an entry.
  equal(told(end - 2048, end - 1032, end - 262), true);
  equal(told(end - 2032, 0, 0), false);
  equal(told(0, end - 1028, 0), false);
  equal(told(0, 0, end - 260), false);
  equal(told(8, 0, 0), false);
  equal(told(0, 2, 0), false);
  equal(told(0, 0, 1), false);
  equal(told(-16, 0, 0), false);
  equal(told(2 ** 62, 0, 0), false);
  // The guest's addresses are not meant.
  const guest = h.memory.guestAddress;
  equal(h.tell(m.SET_VRING_ADDR, m.vringAddress(1, guest, guest, guest)), 1);
});

Deno.test("a table of a ring that grows beyond the memory keeps it from starting", () => {
  using h = new Harness();
  h.begin();
  const { userAddress: user, size } = h.memory;
  h.must(m.SET_VRING_NUM, m.vringState(1, 1));
  h.must(m.SET_VRING_ADDR, m.vringAddress(1, user + size - 16, user, user));
  h.must(m.SET_VRING_NUM, m.vringState(1, 128));
  const event = h.system.eventfd();
  const before = openDescriptors(h.system);
  equal(h.tell(m.SET_VRING_KICK, m.u64s(1), [event]), 1);
  deepEqual(openDescriptors(h.system), before);
  h.system.close(event);
});

Deno.test("a ring that was not set up does not start", () => {
  using h = new Harness();
  h.begin();
  const event = h.system.eventfd();
  equal(h.tell(m.SET_VRING_KICK, m.u64s(1), [event]), 1);
  h.must(m.SET_VRING_NUM, m.vringState(1, 8));
  equal(h.tell(m.SET_VRING_KICK, m.u64s(1), [event]), 1);
  h.system.close(event);
});

Deno.test("descriptors that are no events, are missing or too many are refused, and none is kept", () => {
  using h = new Harness();
  h.begin();
  const ring = h.ring();
  h.configure(ring);
  const [output, input] = h.system.pipe();
  const [one, other] = h.system.socketpair();
  const memory = h.system.memfd(1);
  const before = openDescriptors(h.system);
  for (const request of [m.SET_VRING_KICK, m.SET_VRING_CALL, m.SET_VRING_ERR]) {
    for (
      const fds of [[], [output], [input], [one], [memory], [
        ring.callFd,
        ring.callFd,
      ]]
    ) equal(h.tell(request, m.u64s(1), fds), 1);
    equal(h.tell(request, m.u64s(m.NO_DESCRIPTOR | 1n), [ring.callFd]), 1);
    deepEqual(openDescriptors(h.system), before);
  }
  // What was there is there still.
  h.must(m.SET_VRING_KICK, m.u64s(1), [ring.kickFd]);
  h.must(m.SET_VRING_ENABLE, m.vringState(1, 1));
  equal(serves(h, ring), true);
  equal(h.signalled(ring.callFd), true);
  h.system.close(output, input, one, other, memory);
  ring.close();
});

Deno.test("features that were not offered are refused", () => {
  using h = new Harness();
  for (const bit of [0n, 26n, 33n, 34n, 63n]) {
    equal(h.tell(m.SET_FEATURES, m.u64s(1n << bit)), 1);
  }
  for (const bit of [1n, 5n, 9n, 21n, 63n]) {
    equal(h.tell(m.SET_PROTOCOL_FEATURES, m.u64s(1n << bit)), 1);
  }
});
