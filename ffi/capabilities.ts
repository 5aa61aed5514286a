/**
 * Capabilities: numbers, names, sets. capabilities(7), linux/capability.h.
 *
 * @module
 */

/** The capabilities that this program has to do with, by number. */
export const CAPABILITIES = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  SYS_CHROOT: 18,
  SYS_ADMIN: 21,
  MKNOD: 27,
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
    (bits, name) => (bits | 1 << CAPABILITIES[name]) >>> 0,
    0,
  );
}

/** The names of those in `bits` that this program knows. */
export function capabilityNames(bits: CapabilityBits): CapabilityName[] {
  return (Object.keys(CAPABILITIES) as CapabilityName[]).filter(
    (name) => (bits & 1 << CAPABILITIES[name]) !== 0,
  );
}

/** The same for people: `CAP_MKNOD, CAP_SETUID`. */
export function describeCapabilities(bits: CapabilityBits): string {
  return capabilityNames(bits).map((name) => `CAP_${name}`).join(", ");
}

/** What the helper serves with: all that acting for any owner takes. */
export const SEVEN: CapabilityBits = capabilityBits([
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "SETGID",
  "SETUID",
  "MKNOD",
]);

/**
 * Effective while acting for an owner other than 0:0. Of the capabilities over
 * files only CAP_DAC_OVERRIDE stays, as the guest's kernel has checked the
 * access already; SETUID and SETGID are for the way back.
 */
export const ACTING: CapabilityBits = capabilityBits([
  "DAC_OVERRIDE",
  "SETGID",
  "SETUID",
]);
