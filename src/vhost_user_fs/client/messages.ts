/**
 * vhost-user messages as a front end sends them: numbers and payloads, from
 * QEMU's docs/interop/vhost-user.rst. Written apart from the back end's own
 * table, so that a wrong number there is seen.
 *
 * @module
 */
import type { RegionPlace } from "./region.ts";

export const GET_FEATURES = 1;
export const SET_FEATURES = 2;
export const SET_OWNER = 3;
export const RESET_OWNER = 4;
export const SET_MEM_TABLE = 5;
export const SET_LOG_BASE = 6;
export const SET_VRING_NUM = 8;
export const SET_VRING_ADDR = 9;
export const SET_VRING_BASE = 10;
export const GET_VRING_BASE = 11;
export const SET_VRING_KICK = 12;
export const SET_VRING_CALL = 13;
export const SET_VRING_ERR = 14;
export const GET_PROTOCOL_FEATURES = 15;
export const SET_PROTOCOL_FEATURES = 16;
export const GET_QUEUE_NUM = 17;
export const SET_VRING_ENABLE = 18;
export const SET_BACKEND_REQ_FD = 21;
export const GET_CONFIG = 24;
export const RESET_DEVICE = 34;
export const GET_MAX_MEM_SLOTS = 36;
export const ADD_MEM_REG = 37;
export const REM_MEM_REG = 38;

/** Virtio features, by bit. */
export const VIRTIO_RING_F_INDIRECT_DESC = 28n;
export const VIRTIO_RING_F_EVENT_IDX = 29n;
export const VHOST_USER_F_PROTOCOL_FEATURES = 30n;
export const VIRTIO_F_VERSION_1 = 32n;

/** Protocol features, by bit. */
export const PROTOCOL_MQ = 0n;
export const PROTOCOL_REPLY_ACK = 3n;
export const PROTOCOL_CONFIG = 9n;
export const PROTOCOL_RESET_DEVICE = 13n;
export const PROTOCOL_CONFIGURE_MEM_SLOTS = 15n;

/** Header flags. */
export const VERSION = 1;
export const FLAG_REPLY = 4;
export const FLAG_NEED_REPLY = 8;
export const HEADER_SIZE = 12;

/** In the payload of KICK, CALL and ERR: no descriptor comes with it. */
export const NO_DESCRIPTOR = 0x100n;

type Bytes = Uint8Array<ArrayBuffer>;

/** Words of 64 bits. */
export function u64s(...words: (number | bigint)[]): Bytes {
  return new Uint8Array(new BigUint64Array(words.map(BigInt)).buffer);
}

/** `struct vhost_vring_state`. */
export function vringState(index: number, num: number): Bytes {
  return new Uint8Array(new Uint32Array([index, num]).buffer);
}

/** `struct vhost_vring_addr`; all of them addresses of the VMM's. */
export function vringAddress(
  index: number,
  descriptors: number,
  used: number,
  available: number,
): Bytes {
  return u64s(index, descriptors, used, available, 0);
}

/** GET_CONFIG: where to read in the device's configuration, and how much. */
export function configurationPart(offset: number, size: number): Bytes {
  const words = new Uint32Array([offset, size, 0]);
  return Uint8Array.of(
    ...new Uint8Array(words.buffer),
    ...new Array(size).fill(0),
  );
}

/** One region of SET_MEM_TABLE. */
export function regionWords(
  place: RegionPlace,
): [number, number, number, number] {
  return [
    place.guestAddress,
    place.size,
    place.userAddress,
    place.fileOffset,
  ];
}

/** The payload of ADD_MEM_REG and REM_MEM_REG. */
export function memoryRegion(place: RegionPlace): Bytes {
  return u64s(0, ...regionWords(place));
}

/** The payload of SET_MEM_TABLE. */
export function memoryTable(places: readonly RegionPlace[]): Bytes {
  return u64s(places.length, ...places.flatMap(regionWords));
}
