/**
 * Who has to be told of what: `struct virtq_avail`, `struct virtq_used` and
 * VIRTIO_F_EVENT_IDX.
 *
 * @module
 */

/** The driver asks for no interrupts: of use without event indices only. */
export const AVAIL_NO_INTERRUPT = 1;
/** The device asks for no kicks: the same. */
export const USED_NO_NOTIFY = 1;

/**
 * Whether the other side, which waits for entry `event`, has to be told that
 * the index went from `old` to `new`: `vring_need_event` of
 * linux/virtio_ring.h, all modulo 2^16.
 */
export function needsEvent(event: number, now: number, old: number): boolean {
  return (now - event - 1 & 0xffff) < (now - old & 0xffff);
}
