/** The order in which VMMs say what they say, from a device's birth through three reboots of its guest. */
import { equal } from "node:assert/strict";
import type { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import type { Ring } from "../../../src/vhost_user_fs/client/ring.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import { served } from "../support/back_end_state.ts";
import { forEachServer, type Trial } from "../support/each_server.ts";

const REBOOTS = 3;
const EMPTY = new Uint8Array(0);

/** What a VMM does with one ring. */
type Told = (frontEnd: FrontEnd, ring: Ring) => void;

const size: Told = (frontEnd, { index, form }) =>
  frontEnd.must(m.SET_VRING_NUM, m.vringState(index, form.size));
const base: Told = (frontEnd, { index }) =>
  frontEnd.must(m.SET_VRING_BASE, m.vringState(index, 0));
const addresses: Told = (frontEnd, ring) => {
  const { userAddress } = frontEnd.memory;
  frontEnd.must(
    m.SET_VRING_ADDR,
    m.vringAddress(
      ring.index,
      userAddress + ring.descriptors,
      userAddress + ring.used,
      userAddress + ring.available,
    ),
  );
};
const call: Told = (frontEnd, { index, callFd }) =>
  frontEnd.must(m.SET_VRING_CALL, m.u64s(index), [callFd]);
const error: Told = (frontEnd, { index, errFd }) =>
  frontEnd.must(m.SET_VRING_ERR, m.u64s(index), [errFd]);
const kick: Told = (frontEnd, { index, kickFd }) =>
  frontEnd.must(m.SET_VRING_KICK, m.u64s(index), [kickFd]);
const enable: Told = (frontEnd, { index }) =>
  frontEnd.must(m.SET_VRING_ENABLE, m.vringState(index, 1));
const disable: Told = (frontEnd, { index }) =>
  frontEnd.must(m.SET_VRING_ENABLE, m.vringState(index, 0));
const stop: Told = (frontEnd, { index }) => {
  const state = frontEnd.connection.ask(
    m.GET_VRING_BASE,
    m.vringState(index, 0),
  );
  equal(new Uint32Array(state.buffer)[0], index);
};

/** One step after the other with every ring, or all of them with one ring, then the next. */
const eachRing = (frontEnd: FrontEnd, ...steps: Told[]) => {
  for (const ring of frontEnd.rings) {
    steps.forEach((step) => step(frontEnd, ring));
  }
};

/** Boots a guest, which finds a file, and boots it again. */
function reboot(
  trial: Trial,
  start: (first: boolean) => void,
  reset: () => void,
): void {
  const { frontEnd, session } = trial;
  for (let round = 0; round <= REBOOTS; round++) {
    if (round > 0) {
      reset();
      for (const ring of frontEnd.rings) ring.clear();
    }
    start(round === 0);
    session.must(init());
    nodeOf(trial, "file");
    equal(served(trial), "done");
  }
}

forEachServer("as QEMU says it", (trial) => {
  const { frontEnd } = trial;
  const { connection } = frontEnd;
  frontEnd.negotiate();
  connection.askWord(m.GET_QUEUE_NUM);
  if (frontEnd.has(m.PROTOCOL_CONFIGURE_MEM_SLOTS)) {
    connection.askWord(m.GET_MAX_MEM_SLOTS);
  }
  connection.askWord(m.GET_FEATURES);
  eachRing(frontEnd, call, error);
  const resetDevice = () => {
    if (frontEnd.has(m.PROTOCOL_RESET_DEVICE)) {
      connection.send(m.RESET_DEVICE, EMPTY);
    }
  };
  resetDevice();
  reboot(trial, (first) => {
    eachRing(frontEnd, call);
    frontEnd.must(m.SET_FEATURES, m.u64s(frontEnd.features));
    // It does not say again what the back end knows.
    if (first) frontEnd.shareMemory();
    eachRing(frontEnd, size, base, addresses, kick);
    eachRing(frontEnd, enable);
    eachRing(frontEnd, call);
  }, () => {
    eachRing(frontEnd, disable);
    eachRing(frontEnd, stop);
    eachRing(frontEnd, call);
    for (let count = 0; count < 3; count++) resetDevice();
  });
}, { init: false, prepare: makeFiles });

forEachServer("as cloud-hypervisor says it", (trial) => {
  const { frontEnd } = trial;
  frontEnd.negotiate();
  frontEnd.connection.askWord(m.GET_QUEUE_NUM);
  reboot(trial, () => {
    frontEnd.must(m.SET_FEATURES, m.u64s(frontEnd.features));
    frontEnd.shareMemory();
    eachRing(frontEnd, size);
    eachRing(frontEnd, addresses, base, call, kick);
    eachRing(frontEnd, enable);
  }, () => eachRing(frontEnd, disable, stop));
}, { init: false, prepare: makeFiles, frontEnd: { memoryTable: true } });
