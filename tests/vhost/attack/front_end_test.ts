/** A front end that breaks off, asks for all at once, never reads, and gives memory that shrinks. */
import { equal, match, ok } from "node:assert/strict";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../../ffi/constants.ts";
import { openLibc } from "../../../ffi/libc.ts";
import { MAIN_REGION } from "../../../src/vhost_user_fs/client/front_end.ts";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { Random } from "../../differential/random.ts";
import { ATTACK_SYMBOLS } from "../../support/attack_symbols.ts";
import { attack } from "../support/attack.ts";
import { acknowledgement, inStep, served } from "../support/back_end_state.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const reconnect = { args: ["--reconnect", "--tag=tag"] };

/** A message as it is on the wire. */
function bytesOf(request: number, payload: Bytes = new Uint8Array(0)): Bytes {
  const bytes = new Uint8Array(m.HEADER_SIZE + payload.length);
  new Uint32Array(bytes.buffer, 0, 3).set([request, 1 | 8, payload.length]);
  bytes.set(payload, m.HEADER_SIZE);
  return bytes;
}

const MESSAGES: readonly (readonly [number, Bytes, number])[] = [
  [m.GET_FEATURES, new Uint8Array(0), 0],
  [m.SET_FEATURES, m.u64s(0), 0],
  [m.SET_MEM_TABLE, m.memoryTable([MAIN_REGION, MAIN_REGION]), 2],
  [m.ADD_MEM_REG, m.memoryRegion(MAIN_REGION), 1],
  [m.SET_VRING_CALL, m.u64s(1), 1],
  [m.SET_VRING_KICK, m.u64s(1), 1],
  [m.GET_VRING_BASE, m.vringState(1, 0), 0],
  [m.SET_VRING_ADDR, m.vringAddress(1, 0, 0, 0), 0],
];

attack("a front end breaks off in the middle of anything", async (attack) => {
  const { running: { system }, stopped, noneLeft } = attack;
  let times = 0;
  for (const [request, payload, count] of MESSAGES) {
    const whole = bytesOf(request, payload);
    for (let cut = 0; cut <= whole.length; cut += cut < 14 ? 1 : 9) {
      attack.connect();
      const fds = Array.from({ length: count }, () => system.memfd(4096));
      if (cut > 0) {
        attack.frontEnd.connection.sendBytes(whole.slice(0, cut), fds);
      }
      system.close(...fds);
      times++;
    }
  }
  attack.connect();
  await noneLeft();
  stopped(
    `${times} connections that ended in the middle of a message, with its descriptors`,
    "the helper, which closes what has come, and serves the next",
  );
}, reconnect);

attack("messages in pieces of any size are messages", (attack) => {
  const { frontEnd: { connection }, stopped } = attack;
  const random = new Random(7);
  for (let round = 0; round < 300; round++) {
    const whole = bytesOf(m.SET_VRING_ENABLE, m.vringState(1, 1));
    const question = bytesOf(m.GET_FEATURES);
    const all = new Uint8Array([...whole, ...question, ...whole]);
    for (let at = 0; at < all.length;) {
      const size = 1 + random.below(20);
      connection.sendBytes(all.slice(at, at + size));
      at += size;
    }
    equal(connection.receive(m.SET_VRING_ENABLE).length, 8);
    equal(connection.receive(m.GET_FEATURES).length, 8);
    equal(connection.receive(m.SET_VRING_ENABLE).length, 8);
  }
  equal(`${served(attack)}, ${inStep(attack)}`, "done, in step");
  stopped("900 messages in pieces", "nobody: they were answered in order");
});

attack(
  "random messages are answered, or end the connection",
  async (attack) => {
    const { running: { system }, stopped, host, running } = attack;
    const random = new Random(Number(Deno.env.get("SEED")) || 11);
    let ended = 0, messages = 0;
    for (let round = 0; round < 60; round++) {
      attack.connect();
      const { connection } = attack.frontEnd;
      for (let count = 0; count < 60; count++) {
        const payload = new Uint8Array(
          random.pick([0, 8, 8, 8, 12, 24, 40, 40, 72, random.below(300)]),
        );
        const view = new DataView(payload.buffer);
        for (let at = 0; at + 8 <= payload.length; at += 8) {
          view.setBigUint64(
            at,
            random.pick([
              ...[0n, 1n, 2n, 64n, 256n, 257n, 4096n, (1n << 64n) - 1n],
              ...[BigInt(MAIN_REGION.guestAddress), 1n << 40n],
              ...[BigInt(MAIN_REGION.userAddress), BigInt(MAIN_REGION.size)],
            ]),
            true,
          );
        }
        const request = random.below(random.chance(95) ? 48 : 2 ** 32);
        const fds = Array.from(
          { length: random.pick([0, 0, 0, 1, 1, 1, 2, 8]) },
          () => random.chance(50) ? system.memfd(65536) : system.eventfd(),
        );
        try {
          connection.send(request, payload, {
            fds,
            needReply: random.chance(50),
            ...random.chance(2) ? { size: random.below(10_000) } : {},
          });
          messages++;
        } catch {
          // It has ended the connection: it may.
          ended++;
          count = 60;
        } finally {
          system.close(...fds);
        }
      }
    }
    attack.connect();
    await attack.noneLeft();
    ok(host.names(`/proc/${running.pid}/fd`).length > 0);
    stopped(
      `${messages} random messages with random descriptors; ${ended} of 60 connections were ended`,
      "the helper, which refuses what makes no sense",
    );
  },
  reconnect,
);

attack("a flood of what is refused does not fill the log", async (attack) => {
  const { frontEnd, running, stopped } = attack;
  const { connection, rings: [, ring], system, limit } = frontEnd;
  for (let count = 0; count < 5000; count++) {
    connection.send(m.SET_VRING_NUM, m.vringState(1, 3));
  }
  // A guest can do as much, by starting its device over and over.
  for (let count = 0; count < 200; count++) {
    ring!.publish(60_000);
    ring!.kick(true);
    equal(system.wait(ring!.errFd, -1, limit), 1);
    system.take(ring!.errFd);
    frontEnd.resetGuest();
  }
  equal(inStep(attack), "in step");
  const { output } = await running.stop();
  const lines = output.split("\n").length;
  ok(lines < 150, `${lines} lines`);
  match(output, /there will be no more/);
  stopped(
    "5000 messages that are refused, and 200 rings that make no sense",
    `the helper, which said all it has to say in ${lines} lines`,
  );
}, { after: false });

attack("a front end that never reads its answers is left", async (attack) => {
  const { frontEnd: { connection }, running, stopped } = attack;
  const libc = openLibc(ATTACK_SYMBOLS);
  const one = bytesOf(m.GET_FEATURES);
  const flood = new Uint8Array(one.length * 1000);
  for (let at = 0; at < flood.length; at += one.length) flood.set(one, at);
  let sent = 0;
  for (let idle = 0; idle < 100;) {
    const size = libc.symbols.send(
      connection.fd,
      flood.subarray(sent % one.length),
      BigInt(flood.length - sent % one.length),
      MSG_DONTWAIT | MSG_NOSIGNAL,
    );
    if (size > 0) {
      sent += size;
      idle = 0;
      continue;
    }
    // EPIPE or ECONNRESET: it has ended.
    if (libc.errno() !== 11) break;
    idle++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  libc.close();
  const { ending, output } = await running.stop();
  equal(ending, "exit 0", output);
  match(output, /does not read its answers/);
  stopped(
    `${Math.floor(sent / one.length)} questions without reading an answer`,
    "the helper, which ends the connection",
  );
}, { after: false, ending: undefined });

attack(
  "memory that shrinks while it is mapped ends the helper, and nothing else",
  async (attack) => {
    const { frontEnd, session, running, stopped } = attack;
    const { memory } = frontEnd;
    equal(served(attack), "done");
    // A VMM that does this does it to its own helper.
    const pending = session.send(getattr(ROOT));
    running.system.libc.symbols.ftruncate(memory.fd, 0n);
    running.system.signal(pending.ring.kickFd);
    equal(frontEnd.connection.ended(), true);
    const { ending } = await running.stop();
    equal(ending, "killed by SIGBUS");
    stopped(
      "ftruncate(2) of the memory that a front end has shared",
      "nobody: SIGBUS ends its own helper, whose descriptors the kernel closes",
    );
  },
  { after: false, ending: undefined },
);

attack(
  "a ring that lies half in memory that goes rests until it is back",
  (attack) => {
    const { frontEnd, session, stopped } = attack;
    const ring = frontEnd.rings[1]!;
    // Two regions of one file, the border in the middle of the ring's tables.
    const { memory } = frontEnd;
    const border = ring.available - ring.available % 4096;
    const parts = [
      { ...memory, size: border },
      {
        guestAddress: memory.guestAddress + border,
        userAddress: memory.userAddress + border,
        fileOffset: memory.fileOffset + border,
        size: memory.size - border,
      },
    ].map(({ guestAddress, userAddress, fileOffset, size }) => ({
      guestAddress,
      userAddress,
      fileOffset,
      size,
    }));
    equal(acknowledgement(attack, m.REM_MEM_REG, m.memoryRegion(memory)), "ok");
    for (const part of parts) {
      equal(
        acknowledgement(attack, m.ADD_MEM_REG, m.memoryRegion(part), [
          memory.fd,
        ]),
        "ok",
      );
    }
    equal(served(attack), "done");
    for (const part of parts) {
      for (let round = 0; round < 20; round++) {
        equal(
          acknowledgement(attack, m.REM_MEM_REG, m.memoryRegion(part)),
          "ok",
        );
        equal(inStep(attack), "in step");
        const pending = session.send(getattr(ROOT));
        session.kick(ring);
        equal(
          acknowledgement(attack, m.ADD_MEM_REG, m.memoryRegion(part), [
            memory.fd,
          ]),
          "ok",
        );
        // It is there again: what was asked meanwhile is answered.
        session.finish(
          pending,
          ring.collect(frontEnd.connection.fd, frontEnd.limit),
        );
      }
    }
    for (const part of parts) {
      equal(acknowledgement(attack, m.REM_MEM_REG, m.memoryRegion(part)), "ok");
    }
    equal(
      acknowledgement(attack, m.ADD_MEM_REG, m.memoryRegion(memory), [
        memory.fd,
      ]),
      "ok",
    );
    stopped(
      "to take away the memory under one half of a ring while it runs",
      "the helper, which looks for its tables anew",
    );
  },
);
