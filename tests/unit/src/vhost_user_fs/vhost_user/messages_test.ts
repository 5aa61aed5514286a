/** What each message is answered, by virtiofs.md, and that nothing else ever comes. */
import { deepEqual, equal, match } from "node:assert/strict";
import * as m from "../../../../../src/vhost_user_fs/client/messages.ts";
import { socketCalls } from "../../../../../ffi/socket.ts";
import { Connection } from "../../../../../src/vhost_user_fs/vhost_user/connection.ts";
import { Harness, openDescriptors } from "../harness.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const zeros = (size: number): Bytes => new Uint8Array(size);
const word = (value: bigint) => [...m.u64s(value)];

const REPLY = 5;
/** To a question that is not to be asked. */
const NO = word(0x101n);

/** Those with a reply of their own: the size of their payload, and the reply. */
const QUESTIONS: Readonly<Record<number, readonly [number, number[]]>> = {
  // VERSION_1, PROTOCOL_FEATURES, EVENT_IDX, INDIRECT_DESC.
  [m.GET_FEATURES]: [0, word(0x1_7000_0000n)],
  // The rest of a ring that does not run, of an index that is 0.
  [m.GET_VRING_BASE]: [8, word(0n)],
  // MQ, REPLY_ACK, RESET_DEVICE, CONFIGURE_MEM_SLOTS.
  [m.GET_PROTOCOL_FEATURES]: [0, word(0xa009n)],
  [m.GET_QUEUE_NUM]: [0, word(65n)],
  [m.GET_MAX_MEM_SLOTS]: [0, word(509n)],
  [m.GET_CONFIG]: [12 + 40, []],
  // POSTCOPY_ADVISE, POSTCOPY_END, GET_INFLIGHT_FD, GET_STATUS.
  28: [0, NO],
  30: [0, NO],
  31: [20, []],
  40: [0, NO],
  // SET_DEVICE_STATE_FD, CHECK_DEVICE_STATE, GET_SHMEM_CONFIG.
  42: [8, NO],
  43: [0, NO],
  44: [0, []],
};

/** Those that are acknowledged where that is asked for: a payload, and whether they are carried out. */
const COMMANDS: Readonly<Record<number, readonly [Bytes, boolean]>> = {
  [m.SET_FEATURES]: [m.u64s(0x1_7000_0000), true],
  [m.SET_OWNER]: [zeros(0), true],
  [m.RESET_OWNER]: [zeros(0), true],
  [m.SET_MEM_TABLE]: [zeros(8), true],
  [m.SET_LOG_BASE]: [zeros(16), false],
  7: [zeros(0), false],
  [m.SET_VRING_NUM]: [m.vringState(0, 128), true],
  [m.SET_VRING_ADDR]: [zeros(40), false],
  [m.SET_VRING_BASE]: [m.vringState(0, 0xffff), true],
  [m.SET_VRING_KICK]: [m.u64s(m.NO_DESCRIPTOR), false],
  [m.SET_VRING_CALL]: [m.u64s(m.NO_DESCRIPTOR), true],
  [m.SET_VRING_ERR]: [m.u64s(m.NO_DESCRIPTOR), true],
  [m.SET_PROTOCOL_FEATURES]: [m.u64s(0xa009), true],
  [m.SET_VRING_ENABLE]: [m.vringState(64, 1), true],
  [m.SET_BACKEND_REQ_FD]: [zeros(0), false],
  // IOTLB_MSG, SET_CONFIG, POSTCOPY_LISTEN, SET_INFLIGHT_FD, SET_STATUS.
  22: [zeros(32), false],
  25: [zeros(13), false],
  29: [zeros(0), false],
  32: [zeros(24), false],
  39: [zeros(8), false],
  [m.RESET_DEVICE]: [zeros(0), true],
  [m.ADD_MEM_REG]: [zeros(40), false],
  [m.REM_MEM_REG]: [zeros(40), false],
  // Nobody knows them.
  0: [zeros(0), false],
  19: [zeros(3), false],
  99: [zeros(4096), false],
  0xffff_ffff: [zeros(8), false],
};

/** What comes for one message. */
function replies(
  h: Harness,
  request: number,
  payload: Bytes,
  needReply: boolean,
) {
  h.connection.send(request, payload, { needReply });
  equal(h.run(), "idle");
  return h.replies();
}

Deno.test("questions are answered once, whether or not a reply is asked for", () => {
  using h = new Harness();
  for (const [name, [size, payload]] of Object.entries(QUESTIONS)) {
    const request = Number(name);
    for (const needReply of [false, true]) {
      deepEqual(replies(h, request, zeros(size), needReply), [
        { request, flags: REPLY, payload },
      ]);
    }
  }
});

Deno.test("commands are acknowledged if that is asked for, and never else", () => {
  using h = new Harness();
  for (const [name, [payload, done]] of Object.entries(COMMANDS)) {
    const request = Number(name);
    deepEqual(replies(h, request, payload, false), [], name);
    deepEqual(replies(h, request, payload, true), [
      { request, flags: REPLY, payload: word(done ? 0n : 1n) },
    ]);
  }
});

Deno.test("a message of the wrong size is answered as one that was not carried out", () => {
  using h = new Harness();
  for (const [name, [size]] of Object.entries(QUESTIONS)) {
    const request = Number(name);
    const wrong = request === m.GET_VRING_BASE ? 0 : size + 300;
    const [reply, ...rest] = replies(h, request, zeros(wrong), true);
    deepEqual([reply?.request, reply?.flags, rest], [request, REPLY, []]);
  }
  for (const [name, [payload]] of Object.entries(COMMANDS)) {
    const request = Number(name);
    for (const size of [Math.min(payload.length + 1, 4096), 4096]) {
      deepEqual(replies(h, request, zeros(size), true), [
        { request, flags: REPLY, payload: word(1n) },
      ]);
      deepEqual(replies(h, request, zeros(size), false), []);
    }
  }
});

Deno.test("GET_VRING_BASE is answered for a ring that does not exist, too", () => {
  using h = new Harness();
  h.connection.send(m.GET_VRING_BASE, m.vringState(65, 3));
  h.run();
  deepEqual(h.replies(), [{
    request: m.GET_VRING_BASE,
    flags: REPLY,
    payload: [...m.vringState(65, 0)],
  }]);
});

Deno.test("a message may come in any pieces", () => {
  using h = new Harness();
  const message = Uint8Array.of(
    ...[m.SET_FEATURES, 0, 0, 0],
    ...[9, 0, 0, 0],
    ...[8, 0, 0, 0],
    ...m.u64s(0x1_7000_0000),
  );
  for (const byte of message) {
    deepEqual(h.replies(), []);
    h.connection.sendBytes(Uint8Array.of(byte));
    equal(h.run(), "idle");
  }
  equal(h.replies().length, 1);
});

Deno.test("many messages at once are answered in their order", () => {
  using h = new Harness();
  for (let i = 0; i < 100; i++) {
    h.connection.send(m.GET_QUEUE_NUM);
    h.connection.send(m.SET_OWNER, m.u64s(), { needReply: i % 2 === 0 });
  }
  equal(h.run(), "idle");
  deepEqual(
    h.replies().map(({ request }) => request),
    Array.from(
      { length: 50 },
      () => [m.GET_QUEUE_NUM, m.SET_OWNER, m.GET_QUEUE_NUM],
    ).flat(),
  );
});

Deno.test("the end of the connection is seen", () => {
  using h = new Harness();
  h.system.finish(h.connection.fd);
  equal(h.run(), "closed");
  match(h.said.join(), /The front end closed the connection$/);
});

Deno.test("the end in the middle of a message is seen", () => {
  using h = new Harness();
  h.connection.sendBytes(Uint8Array.of(1, 0, 0));
  h.system.finish(h.connection.fd);
  equal(h.run(), "closed");
  match(h.said.join(), /in the middle of a message/);
});

const header = (request: number, flags: number, size: number) =>
  new Uint8Array(new Uint32Array([request, flags, size]).buffer);

for (
  const [name, bytes] of Object.entries({
    "another version": header(m.GET_FEATURES, 2, 0),
    "no version": header(m.GET_FEATURES, 0, 0),
    "a reply": header(m.GET_FEATURES, REPLY, 0),
    "a payload of 4097 bytes": header(m.SET_FEATURES, 1, 4097),
    "a payload of 4 GiB": header(m.SET_FEATURES, 1, 0xffff_ffff),
  })
) {
  Deno.test(`the connection ends with ${name}`, () => {
    using h = new Harness();
    h.connection.sendBytes(bytes);
    equal(h.run(), "violation");
    match(h.said.join(), /what vhost-user does not have/);
    deepEqual(h.replies(), []);
  });
}

Deno.test("a front end that reads no answers is left", () => {
  using h = new Harness();
  const many = new Uint8Array(12 * 200);
  for (let i = 0; i < 200; i++) many.set(header(m.GET_FEATURES, 1, 0), 12 * i);
  for (let i = 0; i < 1000; i++) {
    h.connection.sendBytes(many);
    if (h.run() === "idle") continue;
    match(h.said.join(), /does not read its answers/);
    return;
  }
  throw new Error("It was never left");
});

Deno.test("too many descriptors end the connection, and none is kept", () => {
  for (const count of [33, 200]) {
    using h = new Harness();
    const event = h.system.eventfd();
    const before = openDescriptors(h.system);
    h.connection.send(m.SET_OWNER, m.u64s(), { fds: Array(count).fill(event) });
    equal(h.run(), "violation");
    h.device[Symbol.dispose]();
    const after = openDescriptors(h.system);
    equal(after.length, before.length - 1);
    h.system.close(event);
  }
});

Deno.test("a message that has lost a descriptor on its way ends the connection", () => {
  using h = new Harness();
  // As where this process can have no more of them.
  const passed = {
    truncated: true,
    receive: () => 12,
    close: () => {},
  };
  const connection = new Connection(h.libc, socketCalls(h.libc), passed, -1);
  equal(connection.receive(), "violation");
  equal(connection.fault, "lost descriptors");
});

Deno.test("no message keeps descriptors that it has no use for", () => {
  using h = new Harness();
  const event = h.system.eventfd(), memory = h.system.memfd(4096);
  const before = openDescriptors(h.system);
  const all = [
    ...Object.entries(QUESTIONS).map(([name, [size]]) =>
      [Number(name), zeros(size)] as const
    ),
    ...Object.entries(COMMANDS).map(([name, [payload]]) =>
      [Number(name), payload] as const
    ),
  ];
  for (const [request, payload] of all) {
    for (const fds of [[event, memory, event], [memory]]) {
      h.connection.send(request, payload, { fds });
      equal(h.run(), "idle");
      deepEqual(openDescriptors(h.system), before, `message ${request}`);
    }
  }
  h.system.close(event, memory);
});

Deno.test("descriptors that come with a part of a message are not kept either", () => {
  using h = new Harness();
  const event = h.system.eventfd();
  const before = openDescriptors(h.system);
  h.connection.sendBytes(header(m.SET_FEATURES, 1, 8), [event]);
  equal(h.run(), "idle");
  h.connection.sendBytes(Uint8Array.of(0, 0, 0, 0), [event, event]);
  equal(h.run(), "idle");
  equal(openDescriptors(h.system).length, before.length + 3);
  h.connection.sendBytes(Uint8Array.of(0, 0, 0, 0));
  equal(h.run(), "idle");
  deepEqual(openDescriptors(h.system), before);
  // And at the end of the connection.
  h.connection.sendBytes(header(m.SET_FEATURES, 1, 8), [event]);
  equal(h.run(), "idle");
  h.device[Symbol.dispose]();
  equal(openDescriptors(h.system).length, before.length - 1);
  h.system.close(event);
});
