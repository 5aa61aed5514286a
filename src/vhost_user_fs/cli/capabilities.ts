/**
 * What `--print-capabilities` tells libvirt and others, by the schema of QEMU's
 * `docs/interop/vhost-user.json`.
 *
 * @module
 */

/**
 * Only what is true: by `separate-options` libvirt takes today's options and not
 * `-o`. There is no `migrate-precopy`, so it refuses to migrate. By
 * `posix-acl-negotiation-mode` Incus gives `--posix-acl=auto`.
 */
export const CAPABILITIES = {
  type: "fs",
  features: ["separate-options", "posix-acl-negotiation-mode"],
} as const;
