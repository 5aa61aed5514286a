/**
 * Capabilities: numbers, names, sets. capabilities(7), linux/capability.h.
 *
 * @module
 */

/**
 * Capabilities by number, without `CAP_`. Those from 32 on are left out: none
 * has to do with files, and a set is 32 bits here.
 */
export const CAPABILITIES = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  LINUX_IMMUTABLE: 9,
  NET_BIND_SERVICE: 10,
  NET_BROADCAST: 11,
  NET_ADMIN: 12,
  NET_RAW: 13,
  IPC_LOCK: 14,
  IPC_OWNER: 15,
  SYS_MODULE: 16,
  SYS_RAWIO: 17,
  SYS_CHROOT: 18,
  SYS_PTRACE: 19,
  SYS_PACCT: 20,
  SYS_ADMIN: 21,
  SYS_BOOT: 22,
  SYS_NICE: 23,
  SYS_RESOURCE: 24,
  SYS_TIME: 25,
  SYS_TTY_CONFIG: 26,
  MKNOD: 27,
  LEASE: 28,
  AUDIT_WRITE: 29,
  AUDIT_CONTROL: 30,
  SETFCAP: 31,
} as const;

/** The name of a capability, without `CAP_`. */
export type CapabilityName = keyof typeof CAPABILITIES;

/** A set of the first 32 capabilities, as the bits that the kernel shows in `CapEff`. */
export type CapabilityBits = number;

/** The set of the capabilities named. */
export function capabilityBits(
  names: readonly CapabilityName[],
): CapabilityBits {
  return names.reduce(
    (bits, name) => unsigned(bits | 1 << CAPABILITIES[name]),
    0,
  );
}

/** The capabilities of `bits` that are not in `less`. */
export function without(
  bits: CapabilityBits,
  less: CapabilityBits,
): CapabilityBits {
  return unsigned(bits & ~less);
}

/** JavaScript's operators give signed numbers, of which CAP_SETFCAP would be the sign. */
export function unsigned(bits: number): CapabilityBits {
  return bits >>> 0;
}

/** The names of those in `bits`. */
export function capabilityNames(bits: CapabilityBits): CapabilityName[] {
  return (Object.keys(CAPABILITIES) as CapabilityName[]).filter(
    (name) => (bits & 1 << CAPABILITIES[name]) !== 0,
  );
}

/** The same for people: `CAP_MKNOD, CAP_SETUID`. */
export function describeCapabilities(bits: CapabilityBits): string {
  return capabilityNames(bits).map((name) => `CAP_${name}`).join(", ");
}
