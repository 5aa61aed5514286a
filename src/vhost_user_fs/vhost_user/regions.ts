/**
 * The guest's memory: which of its addresses are where in ours.
 *
 * @module
 */
import { EEXIST, EINVAL, ENOENT, ENOSPC } from "../../../ffi/errno.ts";
import type {
  GuestMemoryCalls,
  Mapping,
  Window,
} from "../../../ffi/guest_memory.ts";
import type { AddressTable } from "../virtqueue/chain.ts";

/** So many memory slots are offered: as many as virtiofsd has, and QEMU takes 512 at most. */
export const MAX_REGIONS = 509;

/** Addresses end here: all sums below are exact, and no machine has more. */
const ADDRESS_END = 2 ** 52;

/** `VhostUserMemoryRegion`: a piece of memory that is one in each of three spaces. */
export interface RegionPlace {
  /** Where the guest has it. */
  readonly guest: number;
  readonly size: number;
  /** Where the front end has it: the addresses of rings are meant so. */
  readonly user: number;
  /** Where it begins in the file that is passed. */
  readonly offset: number;
}

interface Region extends RegionPlace {
  readonly fd: number;
  readonly unit: number;
  readonly mapping: Mapping;
}

/** What tables below are sorted by does not change while a request is served. */
export class Regions implements AddressTable, Disposable {
  /** How many there are. */
  count = 0;
  /** By guest address. */
  readonly starts = new Float64Array(MAX_REGIONS);
  readonly ends = new Float64Array(MAX_REGIONS);
  readonly shifts = new Float64Array(MAX_REGIONS);
  readonly key = new Float64Array(1);

  readonly #memory: GuestMemoryCalls;
  readonly #close: (fd: number) => void;
  #regions: readonly Region[] = [];

  constructor(memory: GuestMemoryCalls, close: (fd: number) => void) {
    this.#memory = memory;
    this.#close = close;
  }

  find(): number {
    const address = this.key[0]!, starts = this.starts;
    let low = 0, high = this.count;
    while (low < high) {
      const middle = low + high >> 1;
      if (starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    const found = low - 1;
    return found >= 0 && address < this.ends[found]! ? found : -1;
  }

  /** Adds a region. Takes `fd` over, in any case. Returns 0 or a negative errno. */
  add(place: RegionPlace, fd: number): number {
    const region = this.#map(place, fd, this.#regions);
    if (typeof region === "number") return region;
    this.#set([...this.#regions, region]);
    return 0;
  }

  /** Removes a region. Returns 0 or a negative errno. */
  remove({ guest, size, user }: RegionPlace): number {
    const region = this.#regions.find((one) =>
      one.guest === guest && one.size === size && one.user === user
    );
    if (region === undefined) return -ENOENT;
    this.#set(this.#regions.filter((one) => one !== region));
    this.#drop(region);
    return 0;
  }

  /**
   * Puts these in the place of all that there are, or fails and changes
   * nothing. Takes the descriptors over in any case, one a region. Returns 0
   * or a negative errno.
   */
  replace(places: readonly RegionPlace[], fds: readonly number[]): number {
    const made: Region[] = [];
    for (let i = 0; i < places.length; i++) {
      const region = this.#map(places[i]!, fds[i]!, made);
      if (typeof region === "number") {
        for (const fd of fds.slice(i + 1)) this.#close(fd);
        made.forEach((one) => this.#drop(one));
        return region;
      }
      made.push(region);
    }
    const former = this.#regions;
    this.#set(made);
    former.forEach((region) => this.#drop(region));
    return 0;
  }

  /** Whether `size` bytes at `address` of the front end's are in a region. */
  holds(address: number, size: number): boolean {
    return this.#of(address, size) !== undefined;
  }

  /** A window on `size` bytes at `address` of the front end's, for a ring; or a negative errno. */
  window(address: number, size: number): Window | number {
    const region = this.#of(address, size);
    if (region === undefined) return -ENOENT;
    const offset = region.offset + (address - region.user);
    return this.#memory.window(region.fd, offset, size, region.unit);
  }

  [Symbol.dispose](): void {
    this.replace([], []);
  }

  #of(address: number, size: number): Region | undefined {
    return this.#regions.find(({ user, size: all }) =>
      address >= user && address + size <= user + all
    );
  }

  #map(
    place: RegionPlace,
    fd: number,
    others: readonly Region[],
  ): Region | number {
    const region = this.#mapped(place, fd, others);
    if (typeof region === "number") this.#close(fd);
    return region;
  }

  #mapped(
    place: RegionPlace,
    fd: number,
    others: readonly Region[],
  ): Region | number {
    const { guest, size, user, offset } = place;
    if (others.length >= MAX_REGIONS) return -ENOSPC;
    const outside = [guest, user, offset].some((start) =>
      !(start + size <= ADDRESS_END)
    );
    if (size === 0 || outside) return -EINVAL;
    const taken = others.some((one) =>
      overlap(guest, one.guest, size, one.size) ||
      overlap(user, one.user, size, one.size)
    );
    if (taken) return -EEXIST;
    const facts = this.#memory.facts(fd);
    if (typeof facts === "number") return facts;
    // What is mapped behind the end of a file kills whoever touches it.
    if (offset + size > facts.size) return -EINVAL;
    const mapping = this.#memory.map(fd, offset, size, facts.unit);
    if (typeof mapping === "number") return mapping;
    return { ...place, fd, unit: facts.unit, mapping };
  }

  #set(regions: readonly Region[]): void {
    this.#regions = regions.toSorted((one, other) => one.guest - other.guest);
    this.#regions.forEach(({ guest, size, mapping }, i) => {
      this.starts[i] = guest;
      this.ends[i] = guest + size;
      this.shifts[i] = mapping.address - guest;
    });
    this.count = regions.length;
    // Nothing is found in those that were.
    this.ends.fill(0, this.count);
  }

  #drop({ mapping, fd }: Region): void {
    mapping.unmap();
    this.#close(fd);
  }
}

function overlap(
  one: number,
  other: number,
  oneSize: number,
  otherSize: number,
): boolean {
  return one < other + otherSize && other < one + oneSize;
}
