/**
 * The configuration space of the device, for a front end that leaves it to the
 * back end, as crosvm does. QEMU and cloud-hypervisor have their own.
 *
 * @module
 */

/** Bytes that may be asked for (`VHOST_USER_MAX_CONFIG_SIZE`); behind the structure they are 0. */
const SIZE = 256;
/** `struct virtio_fs_config`: u8 tag[36], le32 num_request_queues. */
const TAG_SIZE = 36;
/** virtiofsd says the same, which all front ends can do. */
const REQUEST_QUEUES = 1;

/** The space of a device whose tag has at most 36 bytes; it ends with NULs where it is shorter. */
export function configuration(tag: string): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  bytes.set(new TextEncoder().encode(tag).subarray(0, TAG_SIZE));
  new DataView(bytes.buffer).setUint32(TAG_SIZE, REQUEST_QUEUES, true);
  return bytes;
}

/**
 * Puts a part of `space` into the payload of GET_CONFIG, which is u32 offset,
 * u32 size, u32 flags, bytes. Returns whether there is such a part.
 */
export function answerConfiguration(
  space: Uint8Array,
  payload: DataView<ArrayBuffer>,
  length: number,
): boolean {
  const offset = payload.getUint32(0, true);
  const size = payload.getUint32(4, true);
  if (size !== length - HEADER_SIZE || offset + size > SIZE) return false;
  for (let i = 0; i < size; i++) {
    payload.setUint8(HEADER_SIZE + i, space[offset + i]!);
  }
  return true;
}

const HEADER_SIZE = 12;
