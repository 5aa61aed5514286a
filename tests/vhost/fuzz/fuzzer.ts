/**
 * A guest that makes requests at random, right ones and wrong ones, many at a
 * time, and holds each answer against the protocol.
 *
 * @module
 */
import { S_IFDIR, S_IFMT, S_IFREG } from "../../../ffi/constants.ts";
import type { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import type {
  Attributes,
  DirectoryEntryPlus,
  Entry,
  Opened,
} from "../../../src/vhost_user_fs/client/replies.ts";
import { OPCODES } from "../../../src/vhost_user_fs/client/request.ts";
import type { Ring } from "../../../src/vhost_user_fs/client/ring.ts";
import type { Random } from "../../differential/random.ts";
import { type Chain, layOut } from "./chains.ts";
import { encode } from "./mutations.ts";
import { Pool } from "./pool.ts";
import { make } from "./requests.ts";
import { judge, type Success, weakFault } from "./verdict.ts";

/** Requests in flight at most. */
const MOST = 32;
/** As much room for an answer as there is. */
const MOST_ROOM = 20_000;

/** A region that comes and goes. */
const MORE_MEMORY = {
  guestAddress: 0x2_0000_0000,
  userAddress: 0x7000_0000_0000,
  size: 65536,
  fileOffset: 0,
};

const NAMES = new Map(
  Object.entries(OPCODES).map(([name, number]) => [number as number, name]),
);

/** What was asked and not answered yet. */
interface Asked {
  readonly what: string;
  readonly question: Uint8Array<ArrayBuffer>;
  readonly chain: Chain;
}

/** An answer that may not come, and the request that it came to. */
export class FuzzError extends Error {
  override name = "FuzzError";
}

/** The guest. */
export class Fuzzer {
  /** Answers so far; those that were successes; those to chains that no driver makes. */
  readonly counts = { answers: 0, successes: 0, wrong: 0 };
  /** Successes by opcode, as the device has seen it. */
  readonly kinds = new Map<string, number>();
  readonly #frontEnd: FrontEnd;
  readonly #random: Random;
  readonly #scribbles: boolean;
  readonly #pool: Pool;
  readonly #isSecret: (attributes: Attributes) => boolean;
  #unique = 2n;

  /** @param scribbles what is being read is rewritten at times: nothing comes again with the same seed then */
  constructor(
    frontEnd: FrontEnd,
    random: Random,
    isSecret: (attributes: Attributes) => boolean,
    scribbles = false,
  ) {
    this.#frontEnd = frontEnd;
    this.#random = random;
    this.#scribbles = scribbles;
    this.#pool = new Pool(random);
    this.#isSecret = isSecret;
  }

  /** Makes some requests on one of the rings, and takes their answers. */
  round(): void {
    const random = this.#random, { rings, connection, limit } = this.#frontEnd;
    const ring = random.pick(rings);
    const asked = new Map<number, Asked>();
    for (let slot = 1 + random.below(MOST); slot-- > 0;) {
      const one = this.#ask(ring, slot);
      asked.set(one.chain.head, one);
      ring.publish(one.chain.head);
    }
    ring.kick();
    if (this.#scribbles && random.chance(10)) this.#scribble(ring, asked);
    for (let left = asked.size; left > 0; left--) {
      const used = ring.collect(connection.fd, limit);
      this.#take(asked.get(used.head)!, used.length);
    }
  }

  /** The guest knows nothing any more: of a new mount. */
  forget(): void {
    this.#pool.clear();
  }

  /** Does to one of the rings what a VMM may do while it runs. */
  interfere(): void {
    const random = this.#random, frontEnd = this.#frontEnd;
    const ring = random.pick(frontEnd.rings);
    switch (random.below(4)) {
      case 0:
        frontEnd.replaceCall(ring);
        return;
      case 1:
        frontEnd.enable(ring, false);
        frontEnd.enable(ring, true);
        return;
      case 2:
        frontEnd.startRing(ring, frontEnd.stopRing(ring));
        frontEnd.enable(ring, true);
        return;
      default:
        frontEnd.removeRegion(frontEnd.addRegion(MORE_MEMORY));
    }
  }

  /** Makes a ring senseless, which the device has to say; then the guest starts anew. */
  break(): void {
    const random = this.#random, frontEnd = this.#frontEnd;
    const { system, limit } = frontEnd;
    const ring = random.pick(frontEnd.rings);
    if (random.chance(50)) {
      ring.publish(ring.form.size + random.below(0x10000 - ring.form.size));
    } else {
      const ahead = ring.form.size + 1 +
        random.below(0x10000 - ring.form.size - 1);
      ring.setAvailIdx(ring.availIdx + ahead & 0xffff);
    }
    ring.kick(true);
    if (system.wait(ring.errFd, -1, limit) !== 1) {
      throw new FuzzError("A senseless ring was not reported");
    }
    system.take(ring.errFd);
    frontEnd.resetGuest();
    this.forget();
  }

  #ask(ring: Ring, slot: number): Asked {
    const random = this.#random;
    const made = make(this.#pool, random);
    const question = encode(made, this.#unique, this.#pool, random);
    this.#unique += 2n;
    const room = random.chance(94)
      ? made.op === "FORGET" ? 0 : 16 + made.room
      : random.below(random.chance(80) ? 200 : MOST_ROOM);
    const chain = layOut(this.#frontEnd, ring, slot, question, room, random);
    return { what: String(made.op), question, chain };
  }

  /** Rewrites what is being read: nothing is known of the answers then. */
  #scribble(ring: Ring, asked: Map<number, Asked>): void {
    const random = this.#random, { view } = this.#frontEnd.memory;
    for (const [head, one] of asked) {
      asked.set(head, { ...one, chain: { ...one.chain, right: false } });
    }
    const heads = [...asked.keys()];
    for (
      let spin = 0;
      spin < 2000 && ring.deviceIdx !== ring.availIdx;
      spin++
    ) {
      const at = ring.descriptorAt(random.pick(heads));
      // Length, flags and next; the address would lead into the rings.
      view.setUint16(at + 8 + 2 * random.below(4), random.seed(), true);
    }
  }

  #take({ what, question, chain }: Asked, used: number): void {
    this.counts.answers++;
    try {
      if (chain.right) {
        const success = judge(question, used, chain.answer());
        if (success === undefined) return;
        const name = NAMES.get(success.opcode)!;
        this.kinds.set(name, (this.kinds.get(name) ?? 0) + 1);
        this.counts.successes++;
        this.#learn(success);
        return;
      }
      this.counts.wrong++;
      const fault = weakFault(used, chain.room);
      if (fault !== undefined) throw new Error(fault);
    } catch (error) {
      const bytes = [...question.subarray(0, 200)].map((byte) =>
        byte.toString(16).padStart(2, "0")
      );
      throw new FuzzError(
        `Answer ${this.counts.answers}, to ${what}, with room for ${chain.room}: ${error}\n${
          bytes.join(" ")
        }`,
        { cause: error },
      );
    }
  }

  #learn({ opcode, value }: Success): void {
    const pool = this.#pool;
    switch (opcode) {
      case OPCODES.LOOKUP:
      case OPCODES.MKNOD:
      case OPCODES.MKDIR:
      case OPCODES.SYMLINK:
      case OPCODES.LINK:
        return this.#entry(value as Entry);
      case OPCODES.CREATE:
      case OPCODES.TMPFILE:
        this.#entry(value as Entry);
        pool.add("files", (value as { opened: Opened }).opened.fh);
        return;
      case OPCODES.OPEN:
        pool.add("files", (value as Opened).fh);
        return;
      case OPCODES.OPENDIR:
        pool.add("directories", (value as Opened).fh);
        return;
      case OPCODES.READDIRPLUS:
        for (const { entry } of value as DirectoryEntryPlus[]) {
          if (entry.nodeid !== 0) this.#entry(entry);
        }
        return;
      case OPCODES.GETATTR:
      case OPCODES.SETATTR:
        return this.#look((value as { attributes: Attributes }).attributes);
      case OPCODES.INIT:
      case OPCODES.DESTROY:
        pool.clear();
    }
  }

  #entry({ nodeid, attributes }: Entry): void {
    this.#look(attributes);
    const type = attributes.mode & S_IFMT;
    this.#pool.add(
      type === S_IFDIR ? "tree" : type === S_IFREG ? "regular" : "other",
      BigInt(nodeid),
    );
  }

  #look(attributes: Attributes): void {
    if (this.#isSecret(attributes)) throw new Error("It has reached a secret");
  }
}
