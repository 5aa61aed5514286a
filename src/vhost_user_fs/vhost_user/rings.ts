/**
 * The rings as the front end sets them up, starts and stops them.
 *
 * A ring is served while it has a kick descriptor (until GET_VRING_BASE stops
 * it), is enabled, is in the guest's memory, and is not broken.
 *
 * @module
 */
import type { Epoll } from "../../../ffi/epoll.ts";
import { EBUSY, EFAULT, EINVAL, EIO } from "../../../ffi/errno.ts";
import type { EventCalls, RemoteEvent } from "../../../ffi/events.ts";
import type { Window } from "../../../ffi/guest_memory.ts";
import { MAX_QUEUE_SIZE } from "../virtqueue/chain.ts";
import {
  type RingFeatures,
  ringSizes,
  SplitQueue,
} from "../virtqueue/split_queue.ts";
import type { Regions } from "./regions.ts";

/** The queue of high priority, and as many for requests as anybody asks for. */
export const MAX_QUEUES = 65;

/** Where the tables of a ring are, in the front end's addresses. */
export interface RingAddresses {
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
}

interface RingWindows {
  readonly descriptors: Window;
  readonly available: Window;
  readonly used: Window;
}

/** One ring. */
export class Ring {
  size = 0;
  addresses: RingAddresses | undefined;
  /** The next entry, while there is no queue. */
  base = 0;
  kick: RemoteEvent | undefined;
  call: RemoteEvent | undefined;
  error: RemoteEvent | undefined;
  enabled = false;
  /** There from the start to the stop, but for times in which the memory is not. */
  queue: SplitQueue | undefined;
  windows: RingWindows | undefined;
  /** Whether an index in it was beyond its size: it is not served before it is started again. */
  broken = false;
  /** Whether a chain was refused since the start. */
  complained = false;

  constructor(readonly index: number) {}

  /** Whether it was started and not stopped. */
  get started(): boolean {
    return this.kick !== undefined;
  }
}

/** A ring that is served. */
export type ActiveRing = Ring & { queue: SplitQueue };

/** All of them. What fails returns a negative errno. */
export class Rings implements Disposable {
  /** Those that are served. */
  active: readonly ActiveRing[] = [];

  readonly #rings = Array.from({ length: MAX_QUEUES }, (_, i) => new Ring(i));
  readonly #regions: Regions;
  readonly #events: EventCalls;
  readonly #epoll: Epoll;
  #features: RingFeatures = { eventIndex: false, indirect: false };

  /** @param epoll gets the kick descriptors, by the indices of their rings */
  constructor(regions: Regions, events: EventCalls, epoll: Epoll) {
    this.#regions = regions;
    this.#events = events;
    this.#epoll = epoll;
  }

  get(index: number): Ring | undefined {
    return this.#rings[index];
  }

  setFeatures(features: RingFeatures): void {
    this.#features = features;
    for (const { queue } of this.#rings) {
      if (queue !== undefined) queue.features = features;
    }
  }

  setSize(ring: Ring, size: number): number {
    const possible = size > 0 && size <= MAX_QUEUE_SIZE &&
      (size & (size - 1)) === 0;
    if (!possible) return -EINVAL;
    if (ring.started && size !== ring.size) return -EBUSY;
    ring.size = size;
    return 0;
  }

  setAddresses(ring: Ring, addresses: RingAddresses): number {
    const { descriptors, available, used } = addresses;
    const aligned = descriptors % 16 === 0 && available % 2 === 0 &&
      used % 4 === 0;
    if (!aligned) return -EINVAL;
    const former = ring.addresses;
    const same = former?.descriptors === descriptors &&
      former.available === available && former.used === used;
    if (same) return 0;
    if (ring.started) return -EBUSY;
    const sizes = ringSizes(Math.max(ring.size, 1));
    const held = this.#regions.holds(descriptors, sizes.descriptors) &&
      this.#regions.holds(available, sizes.available) &&
      this.#regions.holds(used, sizes.used);
    if (!held) return -EFAULT;
    ring.addresses = addresses;
    return 0;
  }

  setBase(ring: Ring, base: number): number {
    if (base > 0xffff) return -EINVAL;
    if (ring.started) return -EBUSY;
    ring.base = base;
    return 0;
  }

  /** Starts the ring, or goes on with another kick descriptor. Takes `fd` over in any case. */
  setKick(ring: Ring, fd: number): number {
    const kick = this.#events.remote(fd);
    const result = kick === undefined ? -EINVAL : this.#startBy(ring, kick);
    if (result < 0) this.#events.close(fd);
    this.#refresh();
    return result;
  }

  /** Where to tell of completed requests; nowhere without `fd`, which is taken over in any case. */
  setCall(ring: Ring, fd: number | undefined): number {
    const call = this.#event(fd);
    if (typeof call === "number") return call;
    if (ring.call !== undefined) this.#events.close(ring.call.fd);
    ring.call = call;
    // What was told between the two would be lost otherwise.
    if (call !== undefined && ring.started) this.#events.signal(call);
    return 0;
  }

  /** Where to tell of a broken ring; as {@linkcode setCall}. */
  setError(ring: Ring, fd: number | undefined): number {
    const error = this.#event(fd);
    if (typeof error === "number") return error;
    if (ring.error !== undefined) this.#events.close(ring.error.fd);
    ring.error = error;
    return 0;
  }

  enable(ring: Ring, enabled: boolean): void {
    ring.enabled = enabled;
    this.#refresh();
  }

  enableAll(): void {
    for (const ring of this.#rings) ring.enabled = true;
    this.#refresh();
  }

  disableAll(): void {
    for (const ring of this.#rings) ring.enabled = false;
    this.#refresh();
  }

  /** Stops the ring. Returns the entry to begin with next time. */
  stop(ring: Ring): number {
    if (ring.kick !== undefined) {
      this.#epoll.remove(ring.kick.fd);
      this.#events.close(ring.kick.fd);
      ring.kick = undefined;
    }
    this.#leaveMemory(ring);
    ring.broken = false;
    ring.complained = false;
    this.#refresh();
    return ring.base;
  }

  /** Stops and disables all; where to tell of what is kept, as the front end need not say it again. */
  reset(): void {
    for (const ring of this.#rings) {
      this.stop(ring);
      ring.enabled = false;
      ring.base = 0;
    }
    this.#refresh();
  }

  /** Memory was added: those rings go on that are in it. */
  memoryAdded(): void {
    for (const ring of this.#rings) {
      if (ring.started && ring.queue === undefined) this.#enterMemory(ring);
    }
    this.#refresh();
  }

  /** Memory has gone: rings go on where they are now. Returns whether all of them can. */
  memoryChanged(): boolean {
    let all = true;
    for (const ring of this.#rings) {
      if (!ring.started || this.#enterMemory(ring) === 0) continue;
      this.#leaveMemory(ring);
      all = false;
    }
    this.#refresh();
    return all;
  }

  /** An index in the ring is beyond its size: the front end is told, and it is not served any more. */
  break(ring: Ring): void {
    ring.broken = true;
    if (ring.error !== undefined) this.#events.signal(ring.error);
    this.#refresh();
  }

  [Symbol.dispose](): void {
    this.reset();
    for (const ring of this.#rings) {
      this.setCall(ring, undefined);
      this.setError(ring, undefined);
    }
  }

  #event(fd: number | undefined): RemoteEvent | undefined | number {
    if (fd === undefined) return undefined;
    const event = this.#events.remote(fd);
    if (event !== undefined) return event;
    this.#events.close(fd);
    return -EINVAL;
  }

  #startBy(ring: Ring, kick: RemoteEvent): number {
    if (!ring.started) {
      const entered = this.#enterMemory(ring);
      if (entered < 0) return entered;
    }
    const added = this.#epoll.addEdges(kick.fd, ring.index);
    if (added < 0) {
      if (!ring.started) this.#leaveMemory(ring);
      return added;
    }
    if (ring.kick !== undefined) {
      this.#epoll.remove(ring.kick.fd);
      this.#events.close(ring.kick.fd);
    }
    ring.kick = kick;
    return 0;
  }

  /** Makes the windows on the tables anew, and the queue where there is none. */
  #enterMemory(ring: Ring): number {
    if (ring.size === 0 || ring.addresses === undefined) return -EIO;
    const windows = this.#open(ring.size, ring.addresses);
    if (typeof windows === "number") return windows;
    const former = ring.windows;
    ring.windows = windows;
    if (ring.queue !== undefined) ring.queue.move(windows);
    else {
      ring.queue = new SplitQueue(
        ring.size,
        windows,
        this.#features,
        ring.base,
      );
    }
    release(former);
    return 0;
  }

  #leaveMemory(ring: Ring): void {
    if (ring.queue !== undefined) ring.base = ring.queue.next;
    ring.queue = undefined;
    release(ring.windows);
    ring.windows = undefined;
  }

  #open(size: number, addresses: RingAddresses): RingWindows | number {
    const sizes = ringSizes(size);
    const made: Window[] = [];
    for (const table of ["descriptors", "available", "used"] as const) {
      const window = this.#regions.window(addresses[table], sizes[table]);
      if (typeof window === "number") {
        for (const other of made) other.release();
        return window;
      }
      made.push(window);
    }
    const [descriptors, available, used] = made as [Window, Window, Window];
    return { descriptors, available, used };
  }

  #refresh(): void {
    this.active = this.#rings.filter((ring): ring is ActiveRing =>
      ring.started && ring.enabled && !ring.broken && ring.queue !== undefined
    );
  }
}

function release(windows: RingWindows | undefined): void {
  if (windows === undefined) return;
  windows.descriptors.release();
  windows.available.release();
  windows.used.release();
}
