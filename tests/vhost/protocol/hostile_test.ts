/** Front ends that mean harm: wrong descriptors, sizes, numbers, order. Each has a server of its own. */
import { equal } from "node:assert/strict";
import { MAIN_REGION } from "../../../src/vhost_user_fs/client/front_end.ts";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { acknowledgement, inStep, served } from "../support/back_end_state.ts";
import { forEachServer, type Trial } from "../support/each_server.ts";

/** virtiofsd 1.13 hangs once, which takes so long. */
const frontEnd = { limit: 10_000 };
const SIZE = 65536;
const FREE = {
  guestAddress: MAIN_REGION.guestAddress + 2 * MAIN_REGION.size,
  userAddress: 0x7000_0000_0000,
  size: SIZE,
  fileOffset: 0,
};
type Place = typeof FREE;

/** Makes a descriptor, which lives as long as the test. */
type Maker = (trial: Trial) => number;
const memory: Maker = ({ running }) => running.system.memfd(SIZE);
const pipe: Maker = ({ running }) => running.system.pipe()[0];
const event: Maker = ({ running }) => running.system.eventfd();
const socket: Maker = ({ running }) => running.system.socketpair()[0];
const directory: Maker = ({ host, path }) => host.openAt(-100, path(""));

type Message = [
  request: number,
  payload: Uint8Array<ArrayBuffer>,
  fds: Maker[],
];
const add = (
  place: Partial<Place>,
  ...fds: Maker[]
): Message => [m.ADD_MEM_REG, m.memoryRegion({ ...FREE, ...place }), fds];
const ring = (
  request: number,
  index: number,
  num = 0,
): Message => [request, m.vringState(index, num), []];
const word = (
  request: number,
  value: number | bigint,
  ...fds: Maker[]
): Message => [request, m.u64s(value), fds];
const address = (
  index: number,
  descriptors: number,
  used = descriptors + 0x10000,
  available = descriptors + 0x20000,
): Message => [
  m.SET_VRING_ADDR,
  m.vringAddress(index, descriptors, used, available),
  [],
];
const USER = MAIN_REGION.userAddress;

/** What must be refused while everything else goes on. */
const REFUSED: readonly [string, Message][] = [
  ["memory without a descriptor", add({})],
  ["memory with two descriptors", add({}, memory, memory)],
  ["memory of no bytes", add({ size: 0 }, memory)],
  ["memory that is longer than its file", add({ size: SIZE * 2 }, memory)],
  ["memory beyond the end of its file", add({ fileOffset: SIZE * 4 }, memory)],
  [
    "memory that is there already",
    add({ guestAddress: MAIN_REGION.guestAddress + 4096 }, memory),
  ],
  ["memory that wraps around", add({ guestAddress: 2 ** 64 - 4096 }, memory)],
  [
    "memory at the user address of another",
    add({ userAddress: MAIN_REGION.userAddress + 4096 }, memory),
  ],
  ["memory that is a pipe", add({}, pipe)],
  ["memory that is an eventfd", add({}, event)],
  ["memory that is a socket", add({}, socket)],
  ["memory that is a directory", add({}, directory)],
  ["removal of memory that is not there", [
    m.REM_MEM_REG,
    m.memoryRegion(FREE),
    [],
  ]],
  ["a table of 9 regions", [
    m.SET_MEM_TABLE,
    m.memoryTable(new Array(9).fill(FREE)),
    new Array(9).fill(memory),
  ]],
  ["a table with fewer descriptors than regions", [
    m.SET_MEM_TABLE,
    m.memoryTable([FREE, { ...FREE, guestAddress: FREE.guestAddress + SIZE }]),
    [memory],
  ]],
  ["a table of 2^31 regions", [m.SET_MEM_TABLE, m.u64s(2 ** 31), []]],
  ["a table that is cut", [
    m.SET_MEM_TABLE,
    m.memoryTable([FREE]).slice(0, 32),
    [memory],
  ]],
  ["the size of a ring that is not there", ring(m.SET_VRING_NUM, 200, 64)],
  ["a ring of no descriptors", ring(m.SET_VRING_NUM, 1, 0)],
  ["a ring of 100 descriptors", ring(m.SET_VRING_NUM, 1, 100)],
  ["a ring of 2^16 descriptors", ring(m.SET_VRING_NUM, 1, 65536)],
  ["the base of a ring that is not there", ring(m.SET_VRING_BASE, 200)],
  ["a base of 2^16", ring(m.SET_VRING_BASE, 1, 65536)],
  ["addresses of a ring that is not there", address(200, USER)],
  ["addresses that no memory has", address(1, 0x1234_5000)],
  ["addresses of the guest's", address(1, MAIN_REGION.guestAddress)],
  [
    "addresses at the last byte of memory",
    address(1, USER + MAIN_REGION.size - 16),
  ],
  ["addresses that are not aligned", address(1, USER + 1)],
  ["enabling a ring that is not there", ring(m.SET_VRING_ENABLE, 200, 1)],
  ["enabling by 2", ring(m.SET_VRING_ENABLE, 1, 2)],
  ["a kick of a ring that is not there", word(m.SET_VRING_KICK, 200, event)],
  ["a kick without its descriptor", word(m.SET_VRING_KICK, 1)],
  ["a call without its descriptor", word(m.SET_VRING_CALL, 1)],
  ["a call with two descriptors", word(m.SET_VRING_CALL, 1, event, event)],
  ["features that were not offered", word(m.SET_FEATURES, 1n << 34n)],
  [
    "protocol features that were not offered",
    word(m.SET_PROTOCOL_FEATURES, 1n << 63n),
  ],
  ["a word that is cut", [m.SET_FEATURES, new Uint8Array(4), []]],
  ["a word that is too long", [m.SET_FEATURES, new Uint8Array(16), []]],
  ["a state that is cut", [m.SET_VRING_NUM, new Uint8Array(4), []]],
  ["a region that is cut", [m.ADD_MEM_REG, new Uint8Array(32), [memory]]],
];

for (const [what, [request, payload, makers]] of REFUSED) {
  forEachServer(`hostile: ${what}`, (trial) => {
    const fds = makers.map((make) => make(trial));
    const said = acknowledgement(trial, request, payload, fds);
    trial.running.system.close(...fds);
    trial.observe(
      `hostile: ${what}`,
      `${said}, then ${inStep(trial)}`,
      "refused, then in step",
    );
    // What has to do with the ring itself may have stopped it; a reset brings it back.
  }, { frontEnd, ending: undefined });
}

forEachServer("descriptors where there are none are closed", (trial) => {
  const { system } = trial.running;
  const [out, into] = system.pipe();
  const said = acknowledgement(trial, m.SET_OWNER, new Uint8Array(0), [
    into,
    into,
    into,
  ]);
  system.close(into);
  trial.observe(
    "descriptors where there are none",
    `${said}, then ${inStep(trial)}`,
    "ok, then in step",
  );
  // The other end of the pipe tells when the last of them is gone.
  const closed = system.wait(out, -1, 1000) === 1;
  trial.observe(
    "descriptors that nobody needs",
    closed ? "closed" : "kept",
    "closed",
  );
  system.close(out);
}, { frontEnd, ending: undefined });

forEachServer("after every refusal requests are served", (trial) => {
  for (const [, [request, payload, makers]] of REFUSED) {
    if (request === m.SET_VRING_ADDR || request === m.SET_MEM_TABLE) continue;
    const fds = makers.map((make) => make(trial));
    acknowledgement(trial, request, payload, fds);
    trial.running.system.close(...fds);
  }
  equal(served(trial), "done");
}, { frontEnd, servers: ["ours"] });

/** What ends the connection, and never does worse. */
const ENDING: readonly [string, (trial: Trial) => void][] = [
  [
    "a version that is not 1",
    ({ frontEnd }) =>
      frontEnd.connection.send(m.GET_FEATURES, new Uint8Array(0), { flags: 2 }),
  ],
  [
    "a size of 4 GiB",
    ({ frontEnd }) =>
      frontEnd.connection.send(m.GET_FEATURES, new Uint8Array(0), {
        size: 0xffff_ffff,
      }),
  ],
  ["half a header", ({ frontEnd }) => {
    frontEnd.connection.sendBytes(new Uint8Array([1, 0, 0, 0, 1]));
    frontEnd.system.finish(frontEnd.connection.fd);
  }],
  ["half a payload", ({ frontEnd }) => {
    frontEnd.connection.send(m.SET_FEATURES, new Uint8Array(4), { size: 8 });
    frontEnd.system.finish(frontEnd.connection.fd);
  }],
  ["more descriptors than any message has", (trial) => {
    const fds = new Array(60).fill(trial.running.system.eventfd());
    trial.frontEnd.connection.sendBytes(
      new Uint8Array(new Uint32Array([m.SET_OWNER, 1, 0]).buffer),
      fds,
    );
    trial.frontEnd.system.finish(trial.frontEnd.connection.fd);
  }],
];

for (const [what, act] of ENDING) {
  forEachServer(`hostile: ${what} ends the connection`, (trial) => {
    act(trial);
    equal(trial.frontEnd.connection.ended(), true);
  }, { frontEnd, ending: undefined, servers: ["ours", "1.13"] });
}

/** Messages at the very beginning, before anything was agreed on. */
const EARLY: readonly [string, Message][] = [
  ["GET_VRING_BASE", ring(m.GET_VRING_BASE, 0)],
  ["SET_VRING_ENABLE", ring(m.SET_VRING_ENABLE, 0, 1)],
  ["SET_VRING_ADDR", address(0, USER)],
  ["SET_VRING_KICK", word(m.SET_VRING_KICK, 0, event)],
  ["ADD_MEM_REG", add({}, memory)],
  ["RESET_DEVICE", [m.RESET_DEVICE, new Uint8Array(0), []]],
];

for (const [what, [request, payload, makers]] of EARLY) {
  forEachServer(`hostile: ${what} at the very beginning`, (trial) => {
    const { connection } = trial.frontEnd;
    const fds = makers.map((make) => make(trial));
    connection.send(request, payload, { fds });
    if (request === m.GET_VRING_BASE) connection.receive(m.GET_VRING_BASE);
    trial.running.system.close(...fds);
    trial.frontEnd.start();
  }, { frontEnd, init: false, servers: ["ours"] });
}
