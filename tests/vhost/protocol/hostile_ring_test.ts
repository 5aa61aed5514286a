/** Guests that mean harm: chains and rings that no driver makes. For ours; others end at many of them. */
import { equal, match } from "node:assert/strict";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { CHAINS, TABLES } from "../support/hostile_chains.ts";
import {
  HostileChain,
  INDIRECT,
  NEXT,
  type Raw,
  WRITE,
} from "../support/hostile_chain.ts";
import { inStep, served } from "../support/back_end_state.ts";
import { forEachServer, type Trial } from "../support/each_server.ts";

const setup = { servers: ["ours"], frontEnd: { limit: 30_000 } } as const;
forEachServer("chains that no driver makes", (trial) => {
  const made = new HostileChain(trial);
  for (const [what, chain, ending] of CHAINS) {
    match(made.play(chain(made)), ending, what);
    equal(served(trial), "done", what);
  }
  for (const [what, table, ending] of TABLES) {
    const entries = table(made);
    made.putTable(entries);
    match(
      made.play([{
        address: made.table,
        length: entries.length * 16,
        flags: INDIRECT,
      }]),
      ending,
      what,
    );
    equal(served(trial), "done", what);
  }
  equal(inStep(trial), "in step");
}, setup);

/** What breaks a ring: the device says so, and goes on after a reset. */
const RINGS: readonly [string, (trial: Trial) => void][] = [
  [
    "an index that is more than a ring ahead",
    ({ frontEnd: { rings: [, ring] } }) =>
      ring!.setAvailIdx(ring!.availIdx + ring!.form.size + 1 & 0xffff),
  ],
  [
    "an index that goes back",
    ({ frontEnd: { rings: [, ring] } }) =>
      ring!.setAvailIdx(ring!.availIdx - 1 & 0xffff),
  ],
  [
    "a head beyond the ring",
    ({ frontEnd: { rings: [, ring] } }) => ring!.publish(60000),
  ],
];

for (const [what, act] of RINGS) {
  forEachServer(`hostile ring: ${what}`, (trial) => {
    const { frontEnd } = trial;
    const ring = frontEnd.rings[1]!;
    act(trial);
    ring.kick(true);
    equal(
      frontEnd.system.wait(ring.errFd, -1, 2000),
      1,
      "the error descriptor is signalled",
    );
    equal(inStep(trial), "in step");
    frontEnd.resetGuest();
    trial.session.must(init());
    equal(served(trial), "done");
  }, setup);
}

forEachServer("heads that are published twice", (trial) => {
  const { frontEnd } = trial;
  const ring = frontEnd.rings[1]!;
  const made = new HostileChain(trial);
  for (let round = 0; round < 20; round++) {
    const head = ring.add(made.buffers);
    ring.publish(head);
    ring.publish(head);
    ring.kick();
    for (
      let wait = 0;
      (ring.deviceIdx - ring.availIdx & 0xffff) !== 0 && wait < 100;
      wait++
    ) {
      frontEnd.system.wait(-1, -1, 10);
    }
    equal(ring.deviceIdx, ring.availIdx, "both come back, one after the other");
    ring.reap();
    ring.usedIdx = ring.deviceIdx;
  }
  equal(served(trial), "done");
}, setup);

forEachServer("tables that are rewritten while they are read", (trial) => {
  const { frontEnd } = trial;
  const ring = frontEnd.rings[1]!;
  const { view } = frontEnd.memory;
  const made = new HostileChain(trial);
  const good = made.buffers;
  const started = performance.now();
  let rounds = 0;
  for (; performance.now() - started < 3000; rounds++) {
    const head = ring.add(good);
    // The descriptor itself in direct rings, its table in indirect ones.
    const at = ring.descriptorAt(
      rounds % 2,
      ring.form.indirect ? head : undefined,
    );
    const field = [0, 8, 12, 14][rounds % 4]!;
    const before = view.getUint16(at + field, true);
    ring.publish(head);
    ring.kick();
    for (let spin = 0; ring.deviceIdx === ring.usedIdx; spin++) {
      view.setUint16(
        at + field,
        spin & 1 ? before : 0xffff - spin & 0xffff,
        true,
      );
      if (spin > 50_000_000) throw new Error("The chain never came back");
    }
    ring.reap();
  }
  frontEnd.system.take(ring.callFd);
  equal(served(trial), "done", `${rounds} rounds`);
}, setup);

forEachServer("requests that are rewritten while they are read", (trial) => {
  const { frontEnd } = trial;
  const ring = frontEnd.rings[1]!;
  const { bytes } = frontEnd.memory;
  const made = new HostileChain(trial);
  const at = frontEnd.requestArea;
  const started = performance.now();
  for (let round = 0; performance.now() - started < 2000; round++) {
    const head = ring.add(made.buffers);
    const byte = at + round % 56;
    const before = bytes[byte]!;
    ring.publish(head);
    ring.kick();
    for (let spin = 0; ring.deviceIdx === ring.usedIdx; spin++) {
      bytes[byte] = spin & 1 ? before : spin;
      if (spin > 50_000_000) throw new Error("The chain never came back");
    }
    bytes[byte] = before;
    ring.reap();
  }
  frontEnd.system.take(ring.callFd);
  // One of them may have been a DESTROY or an INIT.
  trial.session.must(init());
  equal(served(trial), "done");
}, setup);

forEachServer("buffers that lie in the ring itself", (trial) => {
  const { frontEnd } = trial;
  const made = new HostileChain(trial);
  const ring = frontEnd.rings[1]!;
  const base = BigInt(frontEnd.memory.guestAddress);
  for (const place of [ring.descriptors, ring.used]) {
    const [question, answer] = made.good;
    made.play([question, { ...answer, address: base + BigInt(place) }]);
    equal(inStep(trial), "in step");
    frontEnd.resetGuest();
    trial.session.must(init());
    equal(served(trial), "done");
  }
}, setup);

const LONG = 0xffff_ffff;

forEachServer("random chains", (trial) => {
  const made = new HostileChain(trial);
  let state = Number(Deno.env.get("SEED") || 1);
  const random = (below: number) => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 8) % below;
  };
  const started = performance.now();
  for (let round = 0; performance.now() - started < 3000; round++) {
    const addresses = [
      made.question,
      made.answer,
      made.table,
      0n,
      2n ** 64n - 1n,
      made.question + 4000n,
    ];
    const lengths = [0, 1, 15, 16, 32, 39, 40, 56, 120, 4096, LONG];
    const count = 1 + random(5);
    const chain = Array.from({ length: count }, (_, index): Raw => ({
      address: addresses[random(addresses.length)]!,
      length: lengths[random(lengths.length)]!,
      flags: random(4) === 0
        ? random(8)
        : (index + 1 < count ? NEXT : 0) | (index > 0 ? WRITE : 0),
      next: random(5) === 0 ? random(600) : Math.min(index + 1, count - 1),
    }));
    const said = made.play(chain);
    match(said, /^used/, `round ${round}: ${said}`);
  }
  trial.session.must(init());
  trial.must(getattr(ROOT));
}, setup);
