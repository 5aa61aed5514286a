/**
 * Chains that no driver lays out.
 *
 * @module
 */
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  type Buffer,
  DESC_F_INDIRECT,
  DESC_F_NEXT,
  DESC_F_WRITE,
} from "../../../src/vhost_user_fs/client/ring.ts";
import { failureOf } from "./back_end_state.ts";
import type { Trial } from "./each_server.ts";

/** A descriptor as it is written; `next` is a place in the chain, or beyond. */
export interface Raw {
  readonly address: bigint;
  readonly length: number;
  readonly flags: number;
  readonly next?: number;
}

export const NEXT = DESC_F_NEXT;
export const WRITE = DESC_F_WRITE;
export const INDIRECT = DESC_F_INDIRECT;

/** Memory in which a chain can say anything. */
export class HostileChain {
  /** Where a good GETATTR lies, 56 bytes, and room for its answer, 120 bytes. */
  readonly question: bigint;
  readonly answer: bigint;
  readonly table: bigint;
  readonly #answerAt: number;
  readonly #tableAt: number;

  constructor(readonly trial: Trial) {
    const { requestArea, memory } = trial.frontEnd;
    const [header, args] = trial.session.encode(getattr(ROOT), 5n);
    memory.bytes.set(header!, requestArea);
    memory.bytes.set(args!, requestArea + header!.length);
    this.#answerAt = requestArea + 4096;
    this.#tableAt = requestArea + 8192;
    this.question = BigInt(memory.guestAddress + requestArea);
    this.answer = BigInt(memory.guestAddress + this.#answerAt);
    this.table = BigInt(memory.guestAddress + this.#tableAt);
  }

  /** The two buffers of a good request. */
  get good(): [Raw, Raw] {
    return [
      { address: this.question, length: 56, flags: NEXT, next: 1 },
      { address: this.answer, length: 120, flags: WRITE },
    ];
  }

  /** Writes an indirect table. */
  putTable(entries: readonly Raw[]): void {
    entries.forEach((entry, index) =>
      this.#put(this.#tableAt + 16 * index, entry, entry.next ?? 0)
    );
  }

  /**
   * Lets the device have a direct chain. Returns what came of it: `used N`,
   * with the answer's errno where there is an answer, or how it ended.
   */
  play(chain: readonly Raw[]): string {
    const { frontEnd } = this.trial;
    const ring = frontEnd.rings[1]!;
    const taken = ring.claim(chain.length);
    chain.forEach((raw, index) =>
      this.#put(
        ring.descriptorAt(taken[index]!),
        raw,
        taken[raw.next ?? 0] ?? raw.next!,
      )
    );
    frontEnd.memory.view.setUint32(this.#answerAt, 0, true);
    ring.publish(taken[0]!);
    ring.kick();
    try {
      const used = ring.collect(frontEnd.connection.fd, frontEnd.limit);
      const error = frontEnd.memory.view.getInt32(this.#answerAt + 4, true);
      return used.length === 0 ? "used 0" : `used ${used.length}, ${error}`;
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Good buffers, in the form that the ring's own methods take. */
  get buffers(): Buffer[] {
    return this.good.map(({ address, length, flags }) => ({
      address: Number(address),
      length,
      writable: (flags & WRITE) !== 0,
    }));
  }

  #put(at: number, { address, length, flags }: Raw, next: number): void {
    const { view } = this.trial.frontEnd.memory;
    view.setBigUint64(at, address, true);
    view.setUint32(at + 8, length, true);
    view.setUint16(at + 12, flags, true);
    view.setUint16(at + 14, next, true);
  }
}
