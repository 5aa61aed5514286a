/** Rings that are stopped, started, reset, and called by other descriptors. */
import { equal } from "node:assert/strict";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  open,
  read,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import type { Ring } from "../../../src/vhost_user_fs/client/ring.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import { inStep, served } from "../support/back_end_state.ts";
import { forEachServer, type Trial } from "../support/each_server.ts";

const frontEnd = { limit: 30_000 };
const QUIET_MS = 100;

/** Whether what is in the ring stays unserved. Not by its call, which may still come for the reply before. */
function waits({ frontEnd }: Trial, ring: Ring): boolean {
  frontEnd.system.wait(-1, -1, QUIET_MS);
  return ring.deviceIdx === ring.usedIdx;
}

forEachServer("a ring is stopped and goes on where it was", (trial) => {
  const { frontEnd, session } = trial;
  const node = nodeOf(trial, "file");
  const { fh } = trial.must(open(node, 0));
  const ring = frontEnd.rings[1]!;
  for (let round = 0; round < 5; round++) {
    for (let count = 0; count < round; count++) trial.must(getattr(ROOT));
    equal(frontEnd.stopRing(ring), ring.usedIdx);
    // A request that is published while the ring stands.
    const pending = session.send(read(node, fh, 0, 9));
    ring.kick();
    equal(waits(trial, ring), true, "served though stopped");
    frontEnd.startRing(ring);
    frontEnd.enable(ring, true);
    ring.kick(true);
    const answer = session.finish(
      pending,
      ring.collect(frontEnd.connection.fd, frontEnd.limit),
    );
    equal(answer.errno, 0);
    equal(new TextDecoder().decode(answer.value), "hello");
  }
}, { prepare: makeFiles, frontEnd });

forEachServer(
  "what waits in a ring is served once it is enabled, without a kick",
  (trial) => {
    const { frontEnd, session } = trial;
    const ring = frontEnd.rings[1]!;
    frontEnd.stopRing(ring);
    const pending = session.send(getattr(ROOT));
    frontEnd.startRing(ring);
    frontEnd.enable(ring, true);
    trial.observe(
      "a request that waited",
      after(
        trial,
        () =>
          session.finish(pending, ring.collect(frontEnd.connection.fd, 1000))
            .errno,
      ),
      "0",
    );
  },
  { frontEnd },
);

function after(_trial: Trial, act: () => number): string {
  try {
    return String(act());
  } catch (error) {
    return (error as Error).message;
  }
}

forEachServer("a disabled ring is not served", (trial) => {
  const { frontEnd, session } = trial;
  const ring = frontEnd.rings[1]!;
  for (let round = 0; round < 3; round++) {
    frontEnd.enable(ring, false);
    const pending = session.send(getattr(ROOT));
    ring.kick();
    trial.observe(
      "a request to a disabled ring",
      waits(trial, ring) ? "waits" : "served",
      "waits",
    );
    frontEnd.enable(ring, true);
    ring.kick(true);
    equal(
      session.finish(
        pending,
        ring.collect(frontEnd.connection.fd, frontEnd.limit),
      ).errno,
      0,
    );
  }
}, { frontEnd });

forEachServer("GET_VRING_BASE finishes what is in flight", (trial) => {
  const { frontEnd, session } = trial;
  const ring = frontEnd.rings[1]!;
  for (let round = 0; round < 50; round++) {
    const sent = [0, 1, 2, 3].map(() => session.send(getattr(ROOT)));
    ring.kick();
    const base = frontEnd.stopRing(ring);
    // All that it took is given back: it will not be asked again.
    equal(base, ring.deviceIdx);
    frontEnd.startRing(ring, base);
    frontEnd.enable(ring, true);
    ring.kick(true);
    for (const _ of sent) equal(session.next(ring)[1].errno, 0);
  }
  // virtiofsd 7.2 now and then answers before its threads have given all back.
}, { frontEnd, servers: ["ours", "1.13"] });

forEachServer("the guest is reset three times", (trial) => {
  const { frontEnd } = trial;
  for (let boot = 0; boot < 3; boot++) {
    const node = nodeOf(trial, "file");
    frontEnd.resetGuest();
    trial.session.must(init());
    equal(
      trial.session.ask(getattr(node)).errno !== 0,
      true,
      "a node of the boot before",
    );
    nodeOf(trial, "file");
    equal(inStep(trial), "in step");
  }
}, { prepare: makeFiles, frontEnd });

forEachServer("RESET_DEVICE comes often, and at odd times", (trial) => {
  const { connection } = trial.frontEnd;
  if (!trial.frontEnd.has(m.PROTOCOL_RESET_DEVICE)) return;
  const { frontEnd } = trial;
  for (const ring of frontEnd.rings) frontEnd.stopRing(ring);
  for (let count = 0; count < 4; count++) connection.send(m.RESET_DEVICE);
  equal(inStep(trial), "in step");
  for (const ring of frontEnd.rings) ring.clear();
  frontEnd.must(m.SET_FEATURES, m.u64s(frontEnd.features));
  for (const ring of frontEnd.rings) frontEnd.startRing(ring);
  for (const ring of frontEnd.rings) frontEnd.enable(ring, true);
  trial.session.must(init());
  // With the rings on, and to be reset like everything else afterwards.
  connection.send(m.RESET_DEVICE);
  equal(inStep(trial), "in step");
  frontEnd.must(m.SET_FEATURES, m.u64s(frontEnd.features));
  frontEnd.resetGuest();
  trial.session.must(init());
  equal(served(trial), "done");
}, { frontEnd });

forEachServer("call descriptors are replaced while requests run", (trial) => {
  const { frontEnd, session } = trial;
  const ring = frontEnd.rings[1]!;
  for (let round = 0; round < 200; round++) {
    trial.must(getattr(ROOT));
    if (round % 3 === 0) {
      frontEnd.replaceCall(ring);
      continue;
    }
    const pending = session.send(getattr(ROOT));
    ring.listen(true);
    ring.kick();
    // The signal may go to the old one or to the new one: a VMM looks at the ring after it.
    frontEnd.replaceCall(ring);
    for (let wait = 0; ring.deviceIdx === ring.usedIdx && wait < 300; wait++) {
      frontEnd.system.wait(ring.callFd, -1, 10);
      frontEnd.system.take(ring.callFd);
    }
    equal(session.finish(pending, ring.reap()!).errno, 0);
  }
  // QEMU's server at times waits for ever for its own lock then.
}, { frontEnd, servers: ["ours", "1.13"] });

forEachServer(
  "a ring without a call descriptor is polled by the guest",
  (trial) => {
    const { frontEnd, session } = trial;
    const ring = frontEnd.rings[1]!;
    frontEnd.must(
      m.SET_VRING_CALL,
      m.u64s(BigInt(ring.index) | m.NO_DESCRIPTOR),
    );
    const pending = session.send(getattr(ROOT));
    ring.kick();
    for (let wait = 0; ring.deviceIdx === ring.usedIdx && wait < 100; wait++) {
      frontEnd.system.wait(-1, -1, 10);
    }
    equal(session.finish(pending, ring.reap()!).errno, 0);
  },
  { frontEnd },
);

forEachServer(
  "a new connection is a new session, or there is none",
  async (trial) => {
    const { ending, output } = await trial.running.stop();
    equal(ending, "exit 0", output);
  },
  { frontEnd, ending: undefined },
);

forEachServer(
  "only the kicks that are needed are made, and only the calls",
  (trial) => {
    const { frontEnd, session } = trial;
    const ring = frontEnd.rings[1]!;
    const ask = () => {
      const pending = session.send(getattr(ROOT));
      ring.kick();
      while (ring.deviceIdx === ring.usedIdx) frontEnd.system.wait(-1, -1, 0);
      equal(session.finish(pending, ring.reap()!).errno, 0);
    };
    ring.listen(false);
    // A server that serves in turn has made the call for the reply before, if it comes late.
    ask();
    frontEnd.system.take(ring.callFd);
    for (let count = 0; count < 100; count++) ask();
    const calls = frontEnd.system.take(ring.callFd);
    trial.observe("calls that nobody asked for", String(calls), "false");
  },
  { frontEnd },
);

forEachServer("two sessions over one ring are two guests' boots", (trial) => {
  const before = nodeOf(trial, "file");
  const second = new FuseSession(trial.frontEnd);
  second.must(init());
  equal(second.ask(getattr(before)).errno !== 0, true);
}, { prepare: makeFiles, frontEnd });
