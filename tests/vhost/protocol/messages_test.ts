/** Messages of a well-behaved front end: each is answered as it must be, and never more often. */
import { deepEqual, equal } from "node:assert/strict";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import {
  acknowledgement,
  failureOf,
  inStep,
  served,
} from "../support/back_end_state.ts";
import { forEachServer } from "../support/each_server.ts";

const frontEnd = { limit: 30_000 };
const SET_CONFIG = 25;

forEachServer("what is offered", ({ frontEnd, observe }) => {
  frontEnd.negotiate();
  const features = [
    m.VIRTIO_F_VERSION_1,
    m.VIRTIO_RING_F_INDIRECT_DESC,
    m.VIRTIO_RING_F_EVENT_IDX,
    m.VHOST_USER_F_PROTOCOL_FEATURES,
  ];
  for (const bit of features) {
    equal(frontEnd.offered >> bit & 1n, 1n, `bit ${bit}`);
  }
  // IOMMU_PLATFORM, RING_PACKED, IN_ORDER, NOTIFICATION
  for (const bit of [33n, 34n, 35n, 0n]) {
    equal(frontEnd.offered >> bit & 1n, 0n, `bit ${bit}`);
  }
  for (
    const [name, bit] of [
      ["MQ", m.PROTOCOL_MQ],
      ["REPLY_ACK", m.PROTOCOL_REPLY_ACK],
      ["MEM_SLOTS", m.PROTOCOL_CONFIGURE_MEM_SLOTS],
      ["RESET_DEVICE", m.PROTOCOL_RESET_DEVICE],
    ] as const
  ) {
    observe(`protocol feature ${name}`, String(frontEnd.has(bit)), "true");
  }
  equal(frontEnd.has(m.PROTOCOL_CONFIG), false);
}, { init: false, frontEnd });

const TAG = "näher";

forEachServer("a device with a tag has a configuration", (trial) => {
  const { connection } = trial.frontEnd;
  equal(trial.frontEnd.has(m.PROTOCOL_CONFIG), true);
  const part = (offset: number, size: number) =>
    connection.ask(m.GET_CONFIG, m.configurationPart(offset, size));
  const whole = part(0, 40);
  deepEqual([...whole.subarray(0, 12)], [0, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0]);
  const tag = new TextDecoder().decode(whole.subarray(12, 48));
  equal(tag, TAG.padEnd(36 - 1, "\0"));
  equal(new DataView(whole.buffer).getUint32(48, true), 1);
  deepEqual(part(1, 4).subarray(12), whole.subarray(13, 17));
  equal(served(trial), "done");
}, { frontEnd, args: [`--tag=${TAG}`], servers: ["ours", "1.13"] });

forEachServer("what is beyond the configuration", (trial) => {
  const { connection } = trial.frontEnd;
  const ask = (payload: Uint8Array<ArrayBuffer>) =>
    connection.ask(m.GET_CONFIG, payload).length;
  equal(ask(m.configurationPart(0, 256)), 268);
  equal(ask(m.configurationPart(256, 0)), 12);
  equal(ask(m.configurationPart(1, 256)), 0);
  equal(ask(m.configurationPart(0xffff_ffff, 2)), 0);
  const short = m.configurationPart(0, 8);
  equal(ask(short.slice(0, 19)), 0);
  equal(acknowledgement(trial, SET_CONFIG, short, []), "refused");
  equal(served(trial), "done");
}, { frontEnd, args: [`--tag=${TAG}`], servers: ["ours"] });

forEachServer("the questions", (trial) => {
  const { frontEnd: { connection }, observe } = trial;
  const queues = Number(connection.askWord(m.GET_QUEUE_NUM));
  observe(
    "GET_QUEUE_NUM",
    queues >= 2 ? "at least 2" : String(queues),
    "at least 2",
  );
  observe(
    "GET_MAX_MEM_SLOTS",
    ask(() => connection.askWord(m.GET_MAX_MEM_SLOTS) >= 8n),
    "true",
  );
  function ask(question: () => boolean): string {
    try {
      return String(question());
    } catch (error) {
      return failureOf(error);
    }
  }
}, { frontEnd, ending: undefined });

/** Messages that have no reply of their own, after a start. */
const SILENT: readonly [
  string,
  (index: number) => [number, Uint8Array<ArrayBuffer>, boolean?],
][] = [
  ["SET_OWNER", () => [m.SET_OWNER, new Uint8Array(0)]],
  ["SET_VRING_ENABLE", (index) => [m.SET_VRING_ENABLE, m.vringState(index, 1)]],
  [
    "SET_VRING_CALL without a descriptor",
    (index) => [m.SET_VRING_CALL, m.u64s(BigInt(index) | m.NO_DESCRIPTOR)],
  ],
  [
    "SET_VRING_ERR without a descriptor",
    (index) => [m.SET_VRING_ERR, m.u64s(BigInt(index) | m.NO_DESCRIPTOR)],
  ],
  ["SET_VRING_CALL", (index) => [m.SET_VRING_CALL, m.u64s(index), true]],
  ["SET_VRING_ERR", (index) => [m.SET_VRING_ERR, m.u64s(index), true]],
  ["RESET_DEVICE", () => [m.RESET_DEVICE, new Uint8Array(0)]],
];

for (const [what, message] of SILENT) {
  forEachServer(
    `${what} is acknowledged where that is asked for, and only there`,
    (trial) => {
      const { frontEnd: { connection, system } } = trial;
      let gone = false;
      for (const index of [0, 1]) {
        if (gone) break;
        const [request, payload, descriptor] = message(index);
        const fds = descriptor ? [system.eventfd()] : [];
        connection.send(request, payload, { fds });
        const silence = inStep(trial);
        gone = silence !== "in step";
        trial.observe(`${what} in silence`, silence, "in step");
        if (gone) continue;
        trial.observe(
          `${what} with NEED_REPLY`,
          acknowledgement(trial, request, payload, fds),
          "ok",
        );
        trial.observe(`${what} and then`, inStep(trial), "in step");
        system.close(...fds);
      }
    },
    { frontEnd, ending: undefined },
  );
}

forEachServer("without REPLY_ACK nothing is acknowledged", (trial) => {
  const { frontEnd, session } = trial;
  frontEnd.start();
  session.must(init());
  equal(inStep(trial), "in step");
  equal(served(trial), "done");
}, { init: false, frontEnd: { ...frontEnd, without: [m.PROTOCOL_REPLY_ACK] } });

for (const request of [0, 41, 45, 99, 1000, 0xffff_fffe]) {
  forEachServer(`message ${request}, which nobody knows`, (trial) => {
    const { connection } = trial.frontEnd;
    connection.send(request, m.u64s(1, 2));
    if (trial.server !== "ours") {
      return trial.observe("an unknown message", inStep(trial), "in step");
    }
    trial.observe("an unknown message in silence", inStep(trial), "in step");
    trial.observe(
      "an unknown message with NEED_REPLY",
      acknowledgement(trial, request, m.u64s(1, 2)),
      "refused",
    );
    trial.observe("requests after an unknown message", served(trial), "done");
  }, { frontEnd, ending: undefined });
}

forEachServer("messages in pieces and together", (trial) => {
  const { connection } = trial.frontEnd;
  const one = new Uint8Array(new Uint32Array([m.GET_FEATURES, 1, 0]).buffer);
  for (const byte of one) connection.sendBytes(new Uint8Array([byte]));
  equal(connection.receive(m.GET_FEATURES).length, 8);
  connection.sendBytes(new Uint8Array([...one, ...one, ...one]));
  for (let count = 0; count < 3; count++) {
    equal(connection.receive(m.GET_FEATURES).length, 8);
  }
  equal(served(trial), "done");
}, { frontEnd, servers: ["ours"] });
