/**
 * How the file system behaves.
 *
 * @module
 */

/** What the guest may keep, as virtiofsd's `--cache` has it. */
export type CachePolicy = "auto" | "always" | "never" | "metadata";

/** Whether there are POSIX ACLs: `auto` for guests that can have them, `always` for no others at all. */
export type AclPolicy = "never" | "auto" | "always";

/** What was chosen when the program was started. */
export interface FuseOptions {
  readonly cache: CachePolicy;
  /** Whether there are extended attributes. */
  readonly xattr: boolean;
  /** With `xattr` alone. */
  readonly posixAcl: AclPolicy;
  readonly readdirplus: boolean;
  /** Whether set-id bits are cleared here, when the guest says so. */
  readonly killprivV2: boolean;
  /** Whether the guest's O_DIRECT is the host's. */
  readonly directIo: boolean;
  /** Whether files that the guest does not cache can be mapped and shared. */
  readonly allowMmap: boolean;
  /** Whether the guest is told where another file system begins. */
  readonly announceSubmounts: boolean;
  /** Whether the guest's O_NOATIME is the host's. */
  readonly preserveNoatime: boolean;
  /** Whether nothing can be changed. The mount has to say so, too. */
  readonly readOnly: boolean;
  /** Whether the guest has only some ids, and other files have owners that it does not have. */
  readonly mappedIds: boolean;
  /** Whether devices may be made, a whiteout of overlayfs among them. */
  readonly devices: boolean;
}

/** The lowest limit of open files: with less the runtime and the queues leave nothing to a guest. */
export const MIN_FILES = 256;

const DAY = 86400;

/** How long the guest may believe what it was told, in seconds. */
export function validSeconds(cache: CachePolicy): number {
  switch (cache) {
    case "never":
      return 0;
    case "auto":
      return 1;
    case "always":
    case "metadata":
      return DAY;
  }
}
