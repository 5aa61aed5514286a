/**
 * Carries out what the front end asks for. All of it is taken for hostile, as
 * the guest may have broken out into it.
 *
 * @module
 */
import {
  EBADF,
  EFAULT,
  EINVAL,
  EOPNOTSUPP,
  errnoText,
} from "../../../ffi/errno.ts";
import type { Log } from "../../log/log.ts";
import type { Complaints } from "../complaints.ts";
import { answerConfiguration } from "./configuration.ts";
import type { Connection } from "./connection.ts";
import {
  FEATURES,
  protocolFeatures,
  ringFeatures,
  VHOST_USER_F_PROTOCOL_FEATURES,
} from "./features.ts";
import * as m from "./messages.ts";
import { MAX_REGIONS, type RegionPlace, type Regions } from "./regions.ts";
import { MAX_QUEUES, type Ring, type Rings } from "./rings.ts";

/** So many messages are carried out before the rings are looked at again. */
const MESSAGES = 16;

/** The answer to a question that is not to be asked: to SET_DEVICE_STATE_FD it is "failed, and no descriptor". */
const NO = 0x101n;

/** Added to what is said of a ring that lies in no memory that was passed: what is wrong with most such machines. */
const NOT_SHARED =
  "; is the guest's memory shared with this program (QEMU: memory-backend-memfd with share=on)?";

/** `VhostUserMemoryRegion`. */
const REGION_SIZE = 32;

/** What is carried out on. */
export interface Device {
  readonly regions: Regions;
  readonly rings: Rings;
  /** Its configuration space, where the front end has none. */
  readonly configuration: Uint8Array | undefined;
  /** Makes room for the tables of a ring that has so many entries. */
  prepare(size: number): void;
  /** Drops all state of the file system. */
  reset(): void;
}

/** Why control messages are left in the socket. */
export type Control =
  /** None is there. */
  | "nothing"
  /** There may be more. */
  | "more"
  | "closed"
  | "violation";

/** The front end's side of the device. */
export class Controller {
  readonly #connection: Connection;
  readonly #device: Device;
  readonly #log: Log;
  readonly #complaints: Complaints;
  readonly #protocolFeatures: bigint;

  constructor(
    connection: Connection,
    device: Device,
    log: Log,
    complaints: Complaints,
  ) {
    this.#protocolFeatures = protocolFeatures(
      device.configuration !== undefined,
    );
    this.#connection = connection;
    this.#device = device;
    this.#log = log;
    this.#complaints = complaints;
  }

  /** Receives and carries out messages, without waiting for them. */
  run(): Control {
    const connection = this.#connection;
    for (let i = 0; i < MESSAGES; i++) {
      const received = connection.receive();
      switch (received) {
        case "message": {
          const answered = this.#carryOut();
          connection.finish();
          if (answered) break;
          this.#log.warning("The front end does not read its answers: ending");
          return "closed";
        }
        case "nothing":
          return received;
        case "closed":
          if (connection.inPart) {
            this.#log.warning(
              "The front end closed the connection in the middle of a message",
            );
          } else this.#log.info("The front end closed the connection");
          return received;
        case "violation":
          this.#log.error(
            `Cannot go on: the front end sent what vhost-user does not have: ${connection.fault}`,
          );
          return received;
      }
    }
    return "more";
  }

  /** Returns whether the answer, if there is one, was taken. */
  #carryOut(): boolean {
    const connection = this.#connection;
    const { request, size, needsReply } = connection;
    const form = m.FORMS[request];
    if (this.#log.verbose) {
      this.#log.debug(`vhost-user: ${m.messageName(request)}`);
    }
    const fits = form !== undefined && size >= form.least && size <= form.most;
    switch (form?.answer) {
      case "u64":
        return connection.replyValue(fits ? this.#question(request) : NO);
      case "state":
        return fits ? this.#stop() : connection.replyState(0, 0);
      case "same":
        return fits && request === m.GET_CONFIG && this.#getConfiguration()
          ? connection.replySame()
          : connection.replyEmpty();
    }
    const result = fits ? this.#command(request) : -EINVAL;
    if (result < 0) {
      this.#complaints.add(
        `Cannot carry out ${m.messageName(request)} of the front end: ${
          errnoText(-result)
        }${
          request === m.SET_VRING_ADDR && result === -EFAULT ? NOT_SHARED : ""
        }`,
      );
    }
    return !needsReply || connection.replyValue(result < 0 ? 1n : 0n);
  }

  #question(request: number): bigint {
    switch (request) {
      case m.GET_FEATURES:
        return FEATURES;
      case m.GET_PROTOCOL_FEATURES:
        return this.#protocolFeatures;
      case m.GET_QUEUE_NUM:
        return BigInt(MAX_QUEUES);
      case m.GET_MAX_MEM_SLOTS:
        return BigInt(MAX_REGIONS);
      default:
        return NO;
    }
  }

  /** Whether what is asked for stands in the payload. */
  #getConfiguration(): boolean {
    const { configuration } = this.#device;
    const { payload, size } = this.#connection;
    return configuration !== undefined &&
      answerConfiguration(configuration, payload, size);
  }

  /** GET_VRING_BASE: nothing is in flight, as requests are served one by one. */
  #stop(): boolean {
    const { payload } = this.#connection;
    const index = payload.getUint32(0, true);
    const ring = this.#device.rings.get(index);
    const base = ring === undefined ? 0 : this.#device.rings.stop(ring);
    return this.#connection.replyState(index, base);
  }

  /** Returns 0 or a negative errno. */
  #command(request: number): number {
    const { rings } = this.#device;
    switch (request) {
      case m.SET_OWNER:
        return 0;
      case m.RESET_OWNER:
        rings.disableAll();
        return 0;
      case m.SET_FEATURES:
        return this.#setFeatures();
      case m.SET_PROTOCOL_FEATURES:
        return (this.#wide(0) & ~this.#protocolFeatures) === 0n ? 0 : -EINVAL;
      case m.RESET_DEVICE:
        rings.reset();
        this.#device.reset();
        return 0;
      case m.SET_MEM_TABLE:
        return this.#setMemory();
      case m.ADD_MEM_REG:
        return this.#addMemory();
      case m.REM_MEM_REG:
        return this.#removeMemory();
      case m.SET_VRING_NUM:
      case m.SET_VRING_ADDR:
      case m.SET_VRING_BASE:
      case m.SET_VRING_ENABLE:
        return this.#setRing(request);
      case m.SET_VRING_KICK:
      case m.SET_VRING_CALL:
      case m.SET_VRING_ERR:
        return this.#setEvent(request);
      default:
        return -EOPNOTSUPP;
    }
  }

  #setFeatures(): number {
    const features = this.#wide(0);
    if ((features & ~FEATURES) !== 0n) return -EINVAL;
    const { rings } = this.#device;
    rings.setFeatures(ringFeatures(features));
    if ((features & VHOST_USER_F_PROTOCOL_FEATURES) === 0n) rings.enableAll();
    return 0;
  }

  #setRing(request: number): number {
    const { rings } = this.#device, { payload } = this.#connection;
    const ring = rings.get(payload.getUint32(0, true));
    const value = payload.getUint32(4, true);
    if (ring === undefined) return -EINVAL;
    switch (request) {
      case m.SET_VRING_NUM: {
        const result = rings.setSize(ring, value);
        if (result === 0) this.#device.prepare(value);
        return result;
      }
      case m.SET_VRING_BASE:
        return rings.setBase(ring, value);
      case m.SET_VRING_ENABLE:
        if (value > 1) return -EINVAL;
        rings.enable(ring, value === 1);
        return 0;
      default:
        return rings.setAddresses(ring, {
          descriptors: this.#number(8),
          used: this.#number(16),
          available: this.#number(24),
        });
    }
  }

  #setEvent(request: number): number {
    const { rings } = this.#device;
    const word = this.#number(0);
    if (word > (m.VRING_INDEX_MASK | m.VRING_NO_DESCRIPTOR)) return -EINVAL;
    const ring = rings.get(word & m.VRING_INDEX_MASK);
    if (ring === undefined) return -EINVAL;
    const none = (word & m.VRING_NO_DESCRIPTOR) !== 0;
    const { descriptors } = this.#connection;
    if (descriptors.length !== (none ? 0 : 1)) return -EBADF;
    const fd = descriptors.pop();
    return this.#setEventOf(request, ring, fd);
  }

  #setEventOf(request: number, ring: Ring, fd: number | undefined): number {
    const { rings } = this.#device;
    switch (request) {
      case m.SET_VRING_CALL:
        return rings.setCall(ring, fd);
      case m.SET_VRING_ERR:
        return rings.setError(ring, fd);
      default:
        // Without a descriptor the ring would have to be polled, for ever.
        return fd === undefined ? -EOPNOTSUPP : rings.setKick(ring, fd);
    }
  }

  /** u32 count, u32 padding, regions. */
  #setMemory(): number {
    const { payload, size, descriptors } = this.#connection;
    const count = payload.getUint32(0, true);
    if (count > m.MAX_TABLE || size !== 8 + REGION_SIZE * count) {
      return -EINVAL;
    }
    if (descriptors.length !== count) return -EBADF;
    const places = Array.from(
      { length: count },
      (_, i) => this.#place(8 + REGION_SIZE * i),
    );
    const { regions, rings } = this.#device;
    const result = regions.replace(places, descriptors.splice(0));
    if (result === 0) this.#moved(rings.memoryChanged());
    return result;
  }

  /** u64 padding, region. */
  #addMemory(): number {
    const { descriptors } = this.#connection;
    if (descriptors.length !== 1) return -EBADF;
    const { regions, rings } = this.#device;
    const result = regions.add(this.#place(8), descriptors.pop()!);
    if (result === 0) rings.memoryAdded();
    return result;
  }

  /** The same. A descriptor that comes along is of no use. */
  #removeMemory(): number {
    const { regions, rings } = this.#device;
    const result = regions.remove(this.#place(8));
    if (result === 0) this.#moved(rings.memoryChanged());
    return result;
  }

  #moved(all: boolean): void {
    if (all) return;
    this.#complaints.add(
      "The front end took away the memory of a ring that runs: the ring is not served until that memory is there again",
    );
  }

  #place(at: number): RegionPlace {
    return {
      guest: this.#number(at),
      size: this.#number(at + 8),
      user: this.#number(at + 16),
      offset: this.#number(at + 24),
    };
  }

  #wide(at: number): bigint {
    return this.#connection.payload.getBigUint64(at, true);
  }

  /** A u64 that is not exact above 2^53, where nothing is. */
  #number(at: number): number {
    return Number(this.#wide(at));
  }
}
