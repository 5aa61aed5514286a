/**
 * A vhost-user front end: what a VMM with one vhost-user-fs device does,
 * without a guest. It has memory and rings, and starts, stops and resets them.
 *
 * @module
 */
import { Connection } from "./connection.ts";
import * as m from "./messages.ts";
import { Region, type RegionPlace } from "./region.ts";
import { Ring, ringBytes, type RingForm } from "./ring.ts";
import { BackEndError, type System } from "./system.ts";

/** Where the device's own region is: no two of the numbers can be taken for each other, and none fits into 32 bits. */
export const MAIN_REGION: RegionPlace = {
  guestAddress: 0x1_4000_0000,
  userAddress: 0x7f12_3450_0000,
  size: 16 * 1024 * 1024,
  fileOffset: 0x3000,
};

/** What a front end wants. */
export interface FrontEndOptions {
  /** Of the request queues. */
  readonly requestQueues?: number;
  readonly ring?: Partial<RingForm>;
  /** By one SET_MEM_TABLE, as cloud-hypervisor does, and not slot by slot. */
  readonly memoryTable?: boolean;
  /** Protocol features to leave out. */
  readonly without?: readonly bigint[];
  /** Milliseconds after which a missing answer is an error. */
  readonly limit?: number;
}

const WANTED_PROTOCOL = [
  m.PROTOCOL_MQ,
  m.PROTOCOL_REPLY_ACK,
  m.PROTOCOL_CONFIG,
  m.PROTOCOL_RESET_DEVICE,
  m.PROTOCOL_CONFIGURE_MEM_SLOTS,
];

/** A VMM's side of one connection. */
export class FrontEnd implements Disposable {
  readonly connection: Connection;
  readonly memory: Region;
  readonly rings: readonly Ring[];
  readonly limit: number;
  /** The rest of the main region, for requests. */
  readonly requestArea: number;
  readonly #regions = new Set<Region>();
  offered = 0n;
  features = 0n;
  protocolOffered = 0n;
  protocol = 0n;

  /** @param fd the connected socket, which is closed with this */
  constructor(
    readonly system: System,
    fd: number,
    readonly options: FrontEndOptions = {},
  ) {
    this.limit = options.limit ?? 20_000;
    this.connection = new Connection(system, fd, this.limit);
    this.memory = Region.create(system, MAIN_REGION);
    this.#regions.add(this.memory);
    const form = { size: 512, indirect: true, eventIdx: true, ...options.ring };
    const rings: Ring[] = [];
    let at = 0;
    for (let index = 0; index <= (options.requestQueues ?? 1); index++) {
      // What the hiprio queue carries is one buffer.
      const own = index === 0 ? { ...form, indirect: false } : form;
      rings.push(new Ring(system, this.memory, at, index, own));
      at += Math.ceil(ringBytes(own) / 4096) * 4096;
    }
    this.rings = rings;
    this.requestArea = at;
  }

  /** Everything that a VMM does up to the guest's first request. */
  start(): void {
    this.negotiate();
    this.shareMemory();
    for (const ring of this.rings) this.startRing(ring);
    for (const ring of this.rings) this.enable(ring, true);
  }

  /** The messages at a device's birth, in QEMU's order. */
  negotiate(): void {
    const { connection } = this;
    this.offered = connection.askWord(m.GET_FEATURES);
    this.protocolOffered = connection.askWord(m.GET_PROTOCOL_FEATURES);
    this.protocol = this.protocolOffered &
      bits(
        WANTED_PROTOCOL.filter((bit) => !this.options.without?.includes(bit)),
      );
    connection.send(m.SET_PROTOCOL_FEATURES, m.u64s(this.protocol));
    connection.send(m.SET_OWNER);
    const { form } = this.rings[1]!;
    this.features = bits([
      m.VIRTIO_F_VERSION_1,
      m.VHOST_USER_F_PROTOCOL_FEATURES,
      ...form.indirect ? [m.VIRTIO_RING_F_INDIRECT_DESC] : [],
      ...form.eventIdx ? [m.VIRTIO_RING_F_EVENT_IDX] : [],
    ]);
    if ((this.offered & this.features) !== this.features) {
      throw new BackEndError(
        `Features ${this.offered.toString(16)} are offered`,
      );
    }
    this.must(m.SET_FEATURES, m.u64s(this.features));
  }

  /** Tells of the memory there is. */
  shareMemory(): void {
    if (this.options.memoryTable || !this.has(m.PROTOCOL_CONFIGURE_MEM_SLOTS)) {
      const regions = [...this.#regions];
      this.must(
        m.SET_MEM_TABLE,
        m.memoryTable(regions),
        regions.map((region) => region.fd),
      );
      return;
    }
    for (const region of this.#regions) this.#add(region);
  }

  /** More memory, while everything runs. */
  addRegion(place: RegionPlace): Region {
    const region = Region.create(this.system, place);
    this.#regions.add(region);
    if (this.has(m.PROTOCOL_CONFIGURE_MEM_SLOTS)) this.#add(region);
    else this.shareMemory();
    return region;
  }

  /** Less memory. */
  removeRegion(region: Region): void {
    this.#regions.delete(region);
    if (this.has(m.PROTOCOL_CONFIGURE_MEM_SLOTS)) {
      this.must(m.REM_MEM_REG, m.memoryRegion(region));
    } else this.shareMemory();
    region[Symbol.dispose]();
  }

  /** Sets up a ring, to go on from `base`. */
  startRing(ring: Ring, base = ring.usedIdx): void {
    configureRing(this, ring, base);
    this.must(m.SET_VRING_KICK, m.u64s(ring.index), [ring.kickFd]);
  }

  /** Returns when it is so: without acknowledgements a question is asked, as QEMU does. A kick before may be lost. */
  enable(ring: Ring, enabled: boolean): void {
    this.must(m.SET_VRING_ENABLE, m.vringState(ring.index, Number(enabled)));
    if (!this.has(m.PROTOCOL_REPLY_ACK)) {
      this.connection.askWord(m.GET_FEATURES);
    }
  }

  /** Stops a ring; what is in flight is finished. Returns the index at which it would go on. */
  stopRing(ring: Ring): number {
    this.enable(ring, false);
    const state = this.connection.ask(
      m.GET_VRING_BASE,
      m.vringState(ring.index, 0),
    );
    const [index, base = -1] = new Uint32Array(state.buffer);
    if (state.length !== 8 || index !== ring.index) {
      throw new BackEndError("GET_VRING_BASE: another ring's state came");
    }
    return base;
  }

  /** What a VMM does when the guest is reset, up to the driver's next start. */
  resetGuest(): void {
    for (const ring of this.rings) this.stopRing(ring);
    if (this.has(m.PROTOCOL_RESET_DEVICE)) {
      this.connection.send(m.RESET_DEVICE);
    }
    for (const ring of this.rings) ring.clear();
    this.must(m.SET_FEATURES, m.u64s(this.features));
    for (const ring of this.rings) this.startRing(ring);
    for (const ring of this.rings) this.enable(ring, true);
  }

  /** Gives a ring a new call descriptor while it runs. */
  replaceCall(ring: Ring): void {
    const old = ring.callFd;
    ring.callFd = this.system.eventfd();
    this.must(m.SET_VRING_CALL, m.u64s(ring.index), [ring.callFd]);
    this.system.close(old);
  }

  /** Sends a message that must succeed, and waits for its acknowledgement where these are to be had. */
  must(
    request: number,
    payload: Uint8Array<ArrayBuffer>,
    fds: readonly number[] = [],
  ): void {
    const acknowledged = this.has(m.PROTOCOL_REPLY_ACK);
    this.connection.send(request, payload, { fds, needReply: acknowledged });
    if (!acknowledged) return;
    const reply = this.connection.receive(request);
    if (reply.length !== 8 || reply.some((byte) => byte !== 0)) {
      throw new BackEndError(`Message ${request} was refused: ${reply}`);
    }
  }

  /** Whether a protocol feature was agreed on. */
  has(bit: bigint): boolean {
    return (this.protocol >> bit & 1n) === 1n;
  }

  /** Ends the connection. */
  close(): void {
    this.connection.close();
    for (const ring of this.rings) ring.close();
    for (const region of this.#regions) region[Symbol.dispose]();
    this.#regions.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #add(region: Region): void {
    this.must(m.ADD_MEM_REG, m.memoryRegion(region), [region.fd]);
  }
}

function bits(numbers: readonly bigint[]): bigint {
  return numbers.reduce((all, bit) => all | 1n << bit, 0n);
}

/** Sets up a ring, to go on from `base`, but for its kick descriptor, which starts it. */
export function configureRing(
  frontEnd: Pick<FrontEnd, "must" | "memory">,
  ring: Ring,
  base: number,
): void {
  const { index } = ring;
  const user = frontEnd.memory.userAddress;
  frontEnd.must(m.SET_VRING_NUM, m.vringState(index, ring.form.size));
  frontEnd.must(m.SET_VRING_BASE, m.vringState(index, base));
  frontEnd.must(
    m.SET_VRING_ADDR,
    m.vringAddress(
      index,
      user + ring.descriptors,
      user + ring.used,
      user + ring.available,
    ),
  );
  frontEnd.must(m.SET_VRING_CALL, m.u64s(index), [ring.callFd]);
  frontEnd.must(m.SET_VRING_ERR, m.u64s(index), [ring.errFd]);
}
