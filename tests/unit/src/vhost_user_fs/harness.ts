/**
 * A device and its front end in one thread: the device does its steps when it
 * is told to, so that a test sees each of them.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { F_GETFD } from "../../../../ffi/constants.ts";
import { type Libc, openLibc } from "../../../../ffi/libc.ts";
import { allocate } from "../../../../ffi/memory.ts";
import {
  GUEST_MEMORY_SYMBOLS,
  GUEST_SETUP_SYMBOLS,
} from "../../../../ffi/symbols/guest_memory.ts";
import { Log } from "../../../../src/log/log.ts";
import { Figures } from "../../../../src/metrics/figures.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../../../../src/symbols.ts";
import { Connection } from "../../../../src/vhost_user_fs/client/connection.ts";
import { configureRing } from "../../../../src/vhost_user_fs/client/front_end.ts";
import * as m from "../../../../src/vhost_user_fs/client/messages.ts";
import { Region } from "../../../../src/vhost_user_fs/client/region.ts";
import {
  type Buffer,
  Ring,
  ringBytes,
  type RingForm,
} from "../../../../src/vhost_user_fs/client/ring.ts";
import { System } from "../../../../src/vhost_user_fs/client/system.ts";
import { Device, type Step } from "../../../../src/vhost_user_fs/device.ts";
import type {
  FuseServer,
  Message,
} from "../../../../src/vhost_user_fs/message.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const FAST = { ...SHARED_FAST, ...GUEST_MEMORY_SYMBOLS };
const SELDOM = { ...SHARED_SELDOM, ...GUEST_SETUP_SYMBOLS };

/** libc as the device needs it. */
export type DeviceLibc = Libc<typeof FAST & typeof SELDOM>;

export function openDeviceLibc(): DeviceLibc {
  return openLibc(FAST, SELDOM);
}

/** Where a test's memory is: no address is also a valid one of another kind. */
export const MEMORY = {
  guestAddress: 0x1_4000_0000,
  userAddress: 0x7f12_3450_0000,
  size: 1024 * 1024,
  fileOffset: 0x3000,
};
/** Where in it the tables of rings end and buffers begin. */
export const BUFFERS_AT = 0x8_0000;

/** `struct fuse_out_header`. */
export const OUT_HEADER = 16;

/** Answers each request with its own bytes behind a header. */
export class EchoServer implements FuseServer {
  /** The bytes of each request, and its queue. */
  readonly requests: { readonly bytes: Bytes; readonly queue: number }[] = [];
  resets = 0;
  /** Done in place of an answer. */
  act: ((message: Message) => number) | undefined;
  readonly #bytes;

  constructor(libc: DeviceLibc) {
    this.#bytes = allocate(libc, 65536);
  }

  serve(message: Message, queue: number): number {
    const { bytes, words } = this.#bytes;
    const size = Math.min(message.readableSize, bytes.length);
    message.fetch(this.#bytes, size);
    this.requests.push({ bytes: bytes.slice(0, size), queue });
    if (this.act !== undefined) return this.act(message);
    if (message.writableSize < OUT_HEADER) return 0;
    bytes.copyWithin(OUT_HEADER, 0, size);
    const length = Math.min(OUT_HEADER + size, message.writableSize);
    words.set([length, 0, 7, 0]);
    message.store(this.#bytes, length);
    return length;
  }

  reset(): void {
    this.resets++;
  }

  held() {
    return { descriptors: 0, inodes: 0 };
  }
}

/** Which descriptors of this process are open, of the first thousand. */
export function openDescriptors(system: System): number[] {
  const open: number[] = [];
  for (let fd = 0; fd < 1000; fd++) {
    if (system.libc.symbols.fcntl(fd, F_GETFD, 0) >= 0) open.push(fd);
  }
  return open;
}

/** A message of the device's. */
export interface Reply {
  readonly request: number;
  readonly flags: number;
  readonly payload: readonly number[];
}

/** Both sides. */
export class Harness implements Disposable {
  readonly system = new System();
  readonly libc = openDeviceLibc();
  readonly server = new EchoServer(this.libc);
  /** Lines of the log. */
  readonly said: string[] = [];
  readonly log = new Log("info", "text", (_level, line) => {
    this.said.push(line);
  });
  readonly figures = new Figures([], true);
  readonly connection: Connection;
  readonly device: Device;
  readonly memory: Region;
  readonly #theirs: number;

  /** @param pollMax how long the device polls for a request, in ns */
  constructor(pollMax = 0) {
    const [ours, theirs] = this.system.socketpair();
    this.#theirs = theirs;
    this.connection = new Connection(this.system, ours, 1000);
    this.memory = Region.create(this.system, MEMORY);
    this.device = new Device({
      libc: this.libc,
      fd: theirs,
      server: this.server,
      log: this.log,
      figures: this.figures,
      pollMax,
    });
  }

  /** Lets the device do all that there is to do. Returns what it stopped for. */
  run(): Step {
    for (let i = 0; i < 10_000; i++) {
      const step = this.device.step();
      if (step !== "go on") return step;
    }
    throw new Error("The device does not come to rest");
  }

  /** All that the device has sent and nobody has received. */
  replies(): Reply[] {
    const bytes = new Uint8Array(new ArrayBuffer(65536));
    const { read } = this.system.libc.symbols;
    const size = this.connection.hasInput(0)
      ? read(this.connection.fd, bytes, BigInt(bytes.length))
      : 0;
    const view = new DataView(bytes.buffer);
    const replies: Reply[] = [];
    for (let at = 0; at < size;) {
      const [request, flags, length] = [0, 4, 8].map((field) =>
        view.getUint32(at + field, true)
      ) as [number, number, number];
      const start = at + m.HEADER_SIZE;
      at = start + length;
      replies.push({ request, flags, payload: [...bytes.slice(start, at)] });
    }
    return replies;
  }

  /** Sends a message and returns its acknowledgement: 0 where it was carried out. */
  tell(
    request: number,
    payload: Bytes = m.u64s(),
    fds: readonly number[] = [],
  ): number {
    this.connection.send(request, payload, { fds, needReply: true });
    equal(this.run(), "idle");
    const reply = this.connection.receive(request);
    equal(reply.length, 8);
    return Number(new DataView(reply.buffer).getBigUint64(0, true));
  }

  /** The same, and it must be carried out. */
  must(request: number, payload?: Bytes, fds?: readonly number[]): void {
    deepEqual([request, this.tell(request, payload, fds)], [request, 0]);
  }

  /** Agrees on features and passes the memory. */
  begin(eventIdx = true, indirect = true, bit30 = true): void {
    const bit = (wanted: boolean, number: bigint) => wanted ? 1n << number : 0n;
    this.must(m.SET_OWNER);
    this.must(
      m.SET_FEATURES,
      m.u64s(
        bit(true, m.VIRTIO_F_VERSION_1) |
          bit(bit30, m.VHOST_USER_F_PROTOCOL_FEATURES) |
          bit(eventIdx, m.VIRTIO_RING_F_EVENT_IDX) |
          bit(indirect, m.VIRTIO_RING_F_INDIRECT_DESC),
      ),
    );
    this.must(m.ADD_MEM_REG, m.memoryRegion(this.memory), [this.memory.fd]);
  }

  /** Makes a ring in the memory; rings have to fit in front of {@linkcode BUFFERS_AT}. */
  ring(index = 1, form: Partial<RingForm> = {}): Ring {
    const whole = { size: 16, indirect: false, eventIdx: true, ...form };
    const bytes = Math.ceil(ringBytes(whole) / 64) * 64;
    return new Ring(this.system, this.memory, index * bytes, index, whole);
  }

  /** Sets the ring up, but for its kick descriptor. */
  configure(ring: Ring, base = ring.usedIdx): void {
    configureRing(this, ring, base);
  }

  start(ring: Ring, base?: number): void {
    this.configure(ring, base);
    this.must(m.SET_VRING_KICK, m.u64s(ring.index), [ring.kickFd]);
    this.must(m.SET_VRING_ENABLE, m.vringState(ring.index, 1));
  }

  /** A ring that runs. */
  started(index = 1, form: Partial<RingForm> = {}): Ring {
    const { eventIdx = true, indirect = true } = form;
    this.begin(eventIdx, indirect);
    const ring = this.ring(index, form);
    this.start(ring);
    return ring;
  }

  /** A buffer of the memory, `at` bytes behind the rings. */
  buffer(at: number, length: number, writable = false): Buffer {
    return { address: this.guest(BUFFERS_AT + at), length, writable };
  }

  /** The guest's address of an offset of the memory. */
  guest(offset: number): number {
    return this.memory.guestAddress + offset;
  }

  /** Puts bytes behind the rings. */
  put(at: number, bytes: ArrayLike<number>): void {
    this.memory.bytes.set(bytes, BUFFERS_AT + at);
  }

  bytes(at: number, length: number): number[] {
    return [
      ...this.memory.bytes.subarray(BUFFERS_AT + at, BUFFERS_AT + at + length),
    ];
  }

  /** Whether an event was signalled since it was last asked. */
  signalled(fd: number): boolean {
    return this.system.take(fd);
  }

  [Symbol.dispose](): void {
    this.device[Symbol.dispose]();
    this.connection.close();
    this.system.close(this.#theirs);
    this.memory[Symbol.dispose]();
    this.libc.close();
    this.system[Symbol.dispose]();
  }
}
