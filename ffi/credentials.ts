/**
 * The identity of the main thread: fsuid, fsgid, effective capabilities.
 *
 * @module
 */
import type { CapabilityBits } from "./capabilities.ts";
import type { Libc } from "./libc.ts";
import { allocate, type Fixed } from "./memory.ts";
import type { IDENTITY_SYMBOLS } from "./symbols/identity.ts";
import type { PROCESS_SYMBOLS } from "./symbols/process.ts";
import { type Done, type Errno, failure } from "./results.ts";

/** `_LINUX_CAPABILITY_VERSION_3`: 64 bits of capabilities, capget(2). */
const CAPABILITY_VERSION_3 = 0x20080522;

/** The three sets of a thread; those above bit 31 separately, as nothing here uses them. */
export interface CapabilitySets {
  readonly effective: CapabilityBits;
  readonly permitted: CapabilityBits;
  readonly inheritable: CapabilityBits;
  /** Whether any capability from number 32 on is in one of the sets. */
  readonly high: boolean;
}

/** What is set is prepared once, so that each time it takes one call and makes no garbage. */
export type PreparedSets = Fixed;

/** (uid_t) -1: setfsuid(2) takes it for a question and changes nothing. */
export const NO_ID = 0xffffffff;

/** What {@linkcode credentialCalls} returns. */
export interface CredentialCalls {
  /** Returns the previous fsuid; failure shows only in what a second call returns. */
  setfsuid(uid: number): number;
  setfsgid(gid: number): number;
  /** The calling thread's sets. */
  readSets(): CapabilitySets;
  /** Makes what {@linkcode writeSets} takes; nothing is inheritable, and none from number 32 on in any set. */
  prepareSets(
    effective: CapabilityBits,
    permitted: CapabilityBits,
  ): PreparedSets;
  /** 0 or a negative errno. */
  writeSets(sets: PreparedSets): Done | Errno;
  /** Makes effective all that the kernel says is permitted. 0 or a negative errno. */
  raisePermitted(): Done | Errno;
}

/** Binds the calls to `libc`. */
export function credentialCalls(
  libc: Libc<typeof IDENTITY_SYMBOLS & typeof PROCESS_SYMBOLS>,
): CredentialCalls {
  const c = libc.symbols;
  const header = allocate(libc, 8);
  header.words[0] = CAPABILITY_VERSION_3;
  // struct __user_cap_data_struct [2]: effective, permitted, inheritable, then the same for bits 32 to 63.
  const prepare = () => allocate(libc, 24);
  const scratch = prepare();
  const writeSets = (sets: PreparedSets): Done | Errno =>
    c.capset(header.pointer, sets.pointer) < 0 ? failure(libc.errno()) : 0;

  return {
    setfsuid: (uid) => c.setfsuid(uid),
    setfsgid: (gid) => c.setfsgid(gid),
    raisePermitted() {
      c.capget(header.pointer, scratch.pointer);
      const words = scratch.words;
      words[0] = words[1]!;
      words[3] = words[4]!;
      return writeSets(scratch);
    },
    readSets() {
      c.capget(header.pointer, scratch.pointer);
      const [e = 0, p = 0, i = 0, e2 = 0, p2 = 0, i2 = 0] = scratch.words;
      return {
        effective: e,
        permitted: p,
        inheritable: i,
        high: (e2 | p2 | i2) !== 0,
      };
    },
    prepareSets(effective, permitted) {
      const sets = prepare();
      sets.words.set([effective, permitted]);
      return sets;
    },
    writeSets,
  };
}
