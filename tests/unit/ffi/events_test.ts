/** Events of others, sets of them, and descriptors that are passed. */
import { deepEqual, equal } from "node:assert/strict";
import {
  EFD_CLOEXEC,
  F_GETFD,
  FD_CLOEXEC,
  O_NONBLOCK,
} from "../../../ffi/constants.ts";
import { Epoll } from "../../../ffi/epoll.ts";
import { EAGAIN, EPERM } from "../../../ffi/errno.ts";
import { eventCalls } from "../../../ffi/events.ts";
import { guestMemoryCalls } from "../../../ffi/guest_memory.ts";
import { allocate } from "../../../ffi/memory.ts";
import { passedDescriptors } from "../../../ffi/passed_descriptors.ts";
import { Connection } from "../../../src/vhost_user_fs/client/connection.ts";
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import {
  openDescriptors,
  openDeviceLibc,
} from "../src/vhost_user_fs/harness.ts";

class Harness implements Disposable {
  readonly system = new System();
  readonly libc = openDeviceLibc();
  readonly events = eventCalls(this.libc, guestMemoryCalls(this.libc));

  [Symbol.dispose](): void {
    this.libc.close();
    this.system[Symbol.dispose]();
  }
}

Deno.test("only events are taken for events", () => {
  using h = new Harness();
  const [output, input] = h.system.pipe();
  const [one, other] = h.system.socketpair();
  const memory = h.system.memfd(4096);
  const event = h.system.eventfd();
  deepEqual(
    [output, input, one, other, memory, -1].map((fd) => h.events.remote(fd)),
    Array(6).fill(undefined),
  );
  deepEqual(h.events.remote(event), { fd: event, waits: false });
  h.system.close(output, input, one, other, memory, event);
});

Deno.test("an event is signalled, and one that is full keeps nobody", () => {
  using h = new Harness();
  for (const flags of [EFD_CLOEXEC, EFD_CLOEXEC | O_NONBLOCK]) {
    const fd = h.libc.symbols.eventfd(0, flags);
    const event = h.events.remote(fd)!;
    equal(event.waits, flags === EFD_CLOEXEC);
    h.events.signal(event);
    equal(h.system.take(fd), true);
    const full = new BigUint64Array([0xffff_ffff_ffff_fffen]);
    equal(h.libc.symbols.write(fd, full, 8n), 8);
    h.events.signal(event);
    equal(h.system.take(fd), true);
    h.system.close(fd);
  }
});

Deno.test("a set tells of each edge once, and of a level as long as it lasts", () => {
  using h = new Harness();
  using epoll = new Epoll(h.libc);
  const edge = h.system.eventfd(), level = h.system.eventfd();
  equal(epoll.addEdges(edge, 7), 0);
  equal(epoll.add(level, 0xffff_ffff), 0);
  equal(epoll.wait(0), 0);
  const looks = () => {
    const count = epoll.wait(0);
    return [7, 0xffff_ffff, 8].map((name) => epoll.includes(name, count));
  };
  h.system.signal(edge);
  deepEqual(looks(), [true, false, false]);
  deepEqual(looks(), [false, false, false]);
  // It was never read.
  h.system.signal(edge);
  h.system.signal(level);
  deepEqual(looks(), [true, true, false]);
  deepEqual(looks(), [false, true, false]);
  epoll.remove(edge);
  h.system.signal(edge);
  deepEqual(looks(), [false, true, false]);
  const file = h.system.memfd(1);
  equal(epoll.add(file, 1), -EPERM);
  h.system.close(edge, level, file);
});

Deno.test("passed descriptors are received, and not inherited further", () => {
  using h = new Harness();
  const [ours, theirs] = h.system.socketpair();
  const connection = new Connection(h.system, ours, 1000);
  const passed = passedDescriptors(h.libc);
  const into = allocate(h.libc, 64);
  const fds: number[] = [];
  equal(passed.receive(theirs, into, 0, 64, fds), -EAGAIN);
  const event = h.system.eventfd(), memory = h.system.memfd(1);
  connection.sendBytes(Uint8Array.of(1, 2, 3), [event, memory]);
  equal(passed.receive(theirs, into, 8, 2, fds), 2);
  deepEqual([...into.bytes.subarray(8, 11)], [1, 2, 0]);
  deepEqual(
    fds.map((fd) => h.libc.symbols.fcntl(fd, F_GETFD, 0)),
    [FD_CLOEXEC, FD_CLOEXEC],
  );
  equal(passed.truncated, false);
  h.system.close(...fds.splice(0));
  equal(passed.receive(theirs, into, 0, 64, fds), 1);
  // More than there is room for.
  const open = openDescriptors(h.system).length;
  connection.sendBytes(Uint8Array.of(1), Array(200).fill(event));
  equal(passed.receive(theirs, into, 0, 64, fds), 1);
  equal(passed.truncated, true);
  equal(openDescriptors(h.system).length, open + fds.length);
  h.system.close(...fds, event, memory, theirs);
  connection.close();
});
