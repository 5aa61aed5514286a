/**
 * The messages of vhost-user: QEMU's docs/interop/vhost-user.rst.
 *
 * @module
 */

/** u32 request, u32 flags, u32 size. */
export const HEADER_SIZE = 12;
/** A payload that is longer belongs to no message. */
export const MAX_PAYLOAD = 4096;
/** More descriptors than come with any message. */
export const MAX_DESCRIPTORS = 32;
/** Regions in one SET_MEM_TABLE. */
export const MAX_TABLE = 8;

/** Flags: the version is in the lowest two bits. */
export const VERSION = 1, VERSION_MASK = 3, REPLY = 4, NEED_REPLY = 8;

/** In the u64 of SET_VRING_KICK, _CALL and _ERR: the index, and that no descriptor comes with it. */
export const VRING_INDEX_MASK = 0xff, VRING_NO_DESCRIPTOR = 0x100;

/** `enum VhostUserRequest`: those that are carried out. */
export const GET_FEATURES = 1;
export const SET_FEATURES = 2;
export const SET_OWNER = 3;
export const RESET_OWNER = 4;
export const SET_MEM_TABLE = 5;
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
export const GET_CONFIG = 24;
export const RESET_DEVICE = 34;
export const GET_MAX_MEM_SLOTS = 36;
export const ADD_MEM_REG = 37;
export const REM_MEM_REG = 38;

/** How a message is answered. */
export type Answer =
  /** With a u64 that says whether it was carried out, where the sender asked for that. */
  | "ack"
  /** Always, with a u64. */
  | "u64"
  /** Always, with `struct vhost_vring_state`. */
  | "state"
  /** Always: as it came, and with no payload where the answer is no. */
  | "same";

/** What is known of a message. */
export interface MessageForm {
  readonly name: string;
  /** Of the payload. */
  readonly least: number;
  readonly most: number;
  readonly answer: Answer;
}

function form(
  name: string,
  size: number | readonly [number, number] = 0,
  answer: Answer = "ack",
): MessageForm {
  const [least, most] = typeof size === "number" ? [size, size] : size;
  return { name, least, most, answer };
}

const CONFIG = [12, 12 + 256] as const;

/**
 * All of them that there are for this kind of device. What is not carried out
 * belongs to a feature that is not offered: whoever sends it nevertheless gets
 * the answer that is waited for, and it says no.
 */
export const FORMS: Readonly<Record<number, MessageForm>> = {
  [GET_FEATURES]: form("GET_FEATURES", 0, "u64"),
  [SET_FEATURES]: form("SET_FEATURES", 8),
  [SET_OWNER]: form("SET_OWNER"),
  [RESET_OWNER]: form("RESET_OWNER"),
  [SET_MEM_TABLE]: form("SET_MEM_TABLE", [8, 8 + 32 * MAX_TABLE]),
  6: form("SET_LOG_BASE", 16),
  7: form("SET_LOG_FD"),
  [SET_VRING_NUM]: form("SET_VRING_NUM", 8),
  [SET_VRING_ADDR]: form("SET_VRING_ADDR", 40),
  [SET_VRING_BASE]: form("SET_VRING_BASE", 8),
  [GET_VRING_BASE]: form("GET_VRING_BASE", 8, "state"),
  [SET_VRING_KICK]: form("SET_VRING_KICK", 8),
  [SET_VRING_CALL]: form("SET_VRING_CALL", 8),
  [SET_VRING_ERR]: form("SET_VRING_ERR", 8),
  [GET_PROTOCOL_FEATURES]: form("GET_PROTOCOL_FEATURES", 0, "u64"),
  [SET_PROTOCOL_FEATURES]: form("SET_PROTOCOL_FEATURES", 8),
  [GET_QUEUE_NUM]: form("GET_QUEUE_NUM", 0, "u64"),
  [SET_VRING_ENABLE]: form("SET_VRING_ENABLE", 8),
  21: form("SET_BACKEND_REQ_FD"),
  22: form("IOTLB_MSG", [0, MAX_PAYLOAD]),
  [GET_CONFIG]: form("GET_CONFIG", CONFIG, "same"),
  25: form("SET_CONFIG", CONFIG),
  28: form("POSTCOPY_ADVISE", 0, "u64"),
  29: form("POSTCOPY_LISTEN"),
  30: form("POSTCOPY_END", 0, "u64"),
  31: form("GET_INFLIGHT_FD", [20, 24], "same"),
  32: form("SET_INFLIGHT_FD", [20, 24]),
  [RESET_DEVICE]: form("RESET_DEVICE"),
  [GET_MAX_MEM_SLOTS]: form("GET_MAX_MEM_SLOTS", 0, "u64"),
  [ADD_MEM_REG]: form("ADD_MEM_REG", 40),
  [REM_MEM_REG]: form("REM_MEM_REG", 40),
  39: form("SET_STATUS", 8),
  40: form("GET_STATUS", 0, "u64"),
  42: form("SET_DEVICE_STATE_FD", 8, "u64"),
  43: form("CHECK_DEVICE_STATE", 0, "u64"),
  44: form("GET_SHMEM_CONFIG", 0, "same"),
};

/** For people: the name, or the number. */
export function messageName(request: number): string {
  return FORMS[request]?.name ?? `message ${request}`;
}
