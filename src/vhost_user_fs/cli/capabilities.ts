/**
 * What `--print-capabilities` tells libvirt and others, by the schema of QEMU's
 * `docs/interop/vhost-user.json`.
 *
 * @module
 */

/**
 * Only what is true: by `separate-options` libvirt takes today's options and not
 * `-o`. There is no `migrate-precopy`, so it refuses to migrate, and no
 * `posix-acl-negotiation-mode`.
 */
export const CAPABILITIES = {
  type: "fs",
  features: ["separate-options"],
} as const;
