/**
 * What is offered: the device to the guest's driver, and the back end to the
 * front end.
 *
 * @module
 */

/** Feature bits of virtio 1.2, 6 and of vhost-user. */
const VIRTIO_RING_F_INDIRECT_DESC = 1n << 28n;
const VIRTIO_RING_F_EVENT_IDX = 1n << 29n;
/** Rings are disabled until they are enabled. */
export const VHOST_USER_F_PROTOCOL_FEATURES = 1n << 30n;
const VIRTIO_F_VERSION_1 = 1n << 32n;

export const FEATURES = VIRTIO_F_VERSION_1 | VHOST_USER_F_PROTOCOL_FEATURES |
  VIRTIO_RING_F_EVENT_IDX | VIRTIO_RING_F_INDIRECT_DESC;

/** `enum VhostUserProtocolFeature`. */
const MQ = 1n << 0n;
const REPLY_ACK = 1n << 3n;
const CONFIG = 1n << 9n;
const RESET_DEVICE = 1n << 13n;
const CONFIGURE_MEM_SLOTS = 1n << 15n;

/**
 * What is offered to the front end; `hasConfiguration` where the device's is
 * here. QEMU leaves that one out with a warning, and some versions of it did
 * worse, so it is not offered without need. Not BACKEND_REQ: there is nothing
 * to ask the front end for.
 */
export function protocolFeatures(hasConfiguration: boolean): bigint {
  return MQ | REPLY_ACK | RESET_DEVICE | CONFIGURE_MEM_SLOTS |
    (hasConfiguration ? CONFIG : 0n);
}

/** What of `features` matters to rings. */
export const ringFeatures = (features: bigint) => ({
  eventIndex: (features & VIRTIO_RING_F_EVENT_IDX) !== 0n,
  indirect: (features & VIRTIO_RING_F_INDIRECT_DESC) !== 0n,
});
