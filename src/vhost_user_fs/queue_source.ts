/**
 * Where requests come from: rings that are looked at, and descriptors that are
 * slept on where nothing is found in them.
 *
 * @module
 */
import type { Epoll } from "../../ffi/epoll.ts";
import { EAGAIN, EINTR } from "../../ffi/errno.ts";
import type { Source } from "../polling/receiver.ts";
import type { ActiveRing, Rings } from "./vhost_user/rings.ts";
import { BROKEN } from "./virtqueue/split_queue.ts";

/**
 * How long the loop sleeps in the kernel for the next request before it leaves
 * the waiting to another thread. While it does, signals wait. A few
 * milliseconds would end before the next tick of the kernel's clock, so that
 * each sleep had to set the processor's timer and to set it back: that takes
 * 6 µs of a request's 30 in a virtual machine, and nothing where the tick comes
 * first.
 */
const SYNCHRONOUS_WAIT_MS = 20;

/**
 * So often in a row there may be a kick and no request, as of one that was
 * served meanwhile. Who does that without end must not keep signals from being
 * seen.
 */
const FALSE_KICKS = 8;

/** The control socket, where a kick is the index of its ring. */
export const CONTROL = 0xffff_ffff;

/** Instead of a count of requests: there is something to do on the control socket. */
export const CONTROL_READY = -EINTR;

/** All rings together, as one {@linkcode Source} of requests. */
export class QueueSource implements Source {
  /** Requests that were found and not taken yet. */
  waiting = 0;

  readonly #rings: Rings;
  readonly #epoll: Epoll;
  readonly #onBroken: (ring: ActiveRing) => void;
  readonly #onMissed: (ring: ActiveRing) => void;
  /** Where the next look at rings begins: they are served in turn. */
  #turn = 0;

  /**
   * @param onBroken is called for a ring with an index beyond its size
   * @param onMissed is called for a ring whose driver may have missed an interrupt
   */
  constructor(
    rings: Rings,
    epoll: Epoll,
    onBroken: (ring: ActiveRing) => void,
    onMissed: (ring: ActiveRing) => void,
  ) {
    this.#rings = rings;
    this.#epoll = epoll;
    this.#onBroken = onBroken;
    this.#onMissed = onMissed;
  }

  /** Rings were started, stopped or moved: what was found in them does not count any more. */
  forget(): void {
    this.waiting = 0;
  }

  /** The number of requests that are there, or -EAGAIN. */
  receiveNow(): number {
    let found = 0;
    let active = this.#rings.active;
    for (let i = 0; i < active.length; i++) {
      const count = active[i]!.queue.look();
      if (count !== BROKEN) {
        found += count;
        continue;
      }
      this.#onBroken(active[i]!);
      // It is not served any more: from the beginning, with those that are.
      active = this.#rings.active;
      found = 0;
      i = -1;
    }
    this.waiting = found;
    return found > 0 ? found : -EAGAIN;
  }

  /** The same after some waiting, or {@linkcode CONTROL_READY}. */
  receive(): number {
    for (let i = 0; i < FALSE_KICKS; i++) {
      const found = this.receiveNow();
      if (found > 0) return this.#received(found);
      // What has come before kicks were asked for comes without one.
      if (this.#arm()) continue;
      const events = this.#epoll.wait(SYNCHRONOUS_WAIT_MS);
      if (events === 0) break;
      if (this.#epoll.includes(CONTROL, events)) return CONTROL_READY;
    }
    // The last kick is not told of again, and a driver need not have made one:
    // QEMU's emulation with a single virtual processor (-smp 1) leaves out the
    // guest's memory barriers, so that its store of the index and its look at
    // what we ask for may change places. Milliseconds later both are seen.
    const found = this.receiveNow();
    if (found > 0) return this.#received(found);
    this.#signalMissed();
    return found;
  }

  /** Whether there is something to do on the control socket; does not wait. */
  controlReady(): boolean {
    const events = this.#epoll.wait(0);
    return events > 0 && this.#epoll.includes(CONTROL, events);
  }

  /** The ring whose turn it is, of those in which requests were found. */
  next(): ActiveRing | undefined {
    const active = this.#rings.active;
    for (let i = 0; i < active.length; i++) {
      if (this.#turn >= active.length) this.#turn = 0;
      const ring = active[this.#turn++]!;
      if (ring.queue.waiting > 0) {
        this.waiting--;
        return ring;
      }
    }
    this.waiting = 0;
    return undefined;
  }

  /** Asks for kicks. Returns whether that was too late for a request that is there. */
  #arm(): boolean {
    const active = this.#rings.active;
    let late = false;
    for (let i = 0; i < active.length; i++) {
      if (active[i]!.queue.arm()) late = true;
    }
    return late;
  }

  /** No kicks are needed until {@linkcode #arm} asks for them again. */
  #received(found: number): number {
    const active = this.#rings.active;
    for (let i = 0; i < active.length; i++) active[i]!.queue.disarm();
    return found;
  }

  /** Interrupts may be missed for the same reason as kicks: tells once more of what the driver still waits for. */
  #signalMissed(): void {
    const active = this.#rings.active;
    for (let i = 0; i < active.length; i++) {
      const ring = active[i]!;
      if (ring.queue.missed()) this.#onMissed(ring);
    }
  }
}
