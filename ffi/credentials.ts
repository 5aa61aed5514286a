/**
 * The identity of the calling thread: fsuid, fsgid, capabilities.
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

/** Of a thread. */
interface CapabilitySets {
  readonly effective: CapabilityBits;
  readonly permitted: CapabilityBits;
}

/** `struct __user_cap_data_struct [2]`: effective, permitted, inheritable, then the same for bits 32 to 63. */
type PreparedSets = Fixed;

/** (uid_t) -1: setfsuid(2) takes it for a question and changes nothing. */
export const NO_ID = 0xffffffff;

export interface CredentialCalls {
  /** Returns the previous fsuid; failure shows only in what a second call returns. */
  setfsuid(uid: number): number;
  setfsgid(gid: number): number;
  /** The calling thread's sets. */
  readSets(): CapabilitySets;
  /** Makes what {@linkcode writeSets} takes, in memory of its own; nothing is inheritable, and no set has more than 32 bits. */
  prepareSets(
    effective: CapabilityBits,
    permitted: CapabilityBits,
  ): PreparedSets;
  /** 0 or a negative errno. */
  writeSets(sets: PreparedSets): Done | Errno;
  /** Makes effective all that the kernel says is permitted. 0 or a negative errno. */
  raisePermitted(): Done | Errno;
}

export function credentialCalls(
  libc: Libc<typeof IDENTITY_SYMBOLS & typeof PROCESS_SYMBOLS>,
): CredentialCalls {
  const c = libc.symbols;
  const header = allocate(libc, 8);
  header.words[0] = CAPABILITY_VERSION_3;
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
      const [effective = 0, permitted = 0] = scratch.words;
      return { effective, permitted };
    },
    prepareSets(effective, permitted) {
      const sets = prepare();
      sets.words.set([effective, permitted]);
      return sets;
    },
    writeSets,
  };
}
