/**
 * What belongs to the main thread alone and is changed for one request: its
 * supplementary group, CAP_FSETID, and its umask.
 *
 * @module
 */
import { CAPABILITIES } from "./capabilities.ts";
import type { Libc } from "./libc.ts";
import { allocate, type Fixed } from "./memory.ts";
import { checker, type Done, type Errno, failure } from "./results.ts";
import type { IDENTITY_SYMBOLS } from "./symbols/identity.ts";
import type { PASSTHROUGH_SYMBOLS } from "./symbols/passthrough.ts";
import { SYS } from "./syscall_numbers.ts";

/** `_LINUX_CAPABILITY_VERSION_3`: 64 bits of capabilities, capget(2). */
const CAPABILITY_VERSION_3 = 0x20080522;
/** `struct __user_cap_data_struct [2]`: effective, permitted, inheritable, then the same for bits 32 to 63. */
const SETS_SIZE = 24;

/** What {@linkcode threadPrivileges} returns. None throws, none allocates. */
export type ThreadPrivileges = ReturnType<typeof threadPrivileges>;

/** Binds the calls to `libc`. The capabilities are those that the thread has now. */
export function threadPrivileges(
  libc: Libc<typeof IDENTITY_SYMBOLS & typeof PASSTHROUGH_SYMBOLS>,
) {
  const c = libc.symbols;
  const check = checker(libc);
  const groups = allocate(libc, 4);
  const header = allocate(libc, 8);
  header.words[0] = CAPABILITY_VERSION_3;
  const whole = allocate(libc, SETS_SIZE);
  c.get_capabilities(header.pointer, whole.pointer);
  const lowered = allocate(libc, SETS_SIZE);
  lowered.words.set(whole.words);
  lowered.words[0]! &= ~(1 << CAPABILITIES.FSETID);
  const set = (data: Fixed): Done | Errno =>
    c.capset(header.pointer, data.pointer) < 0 ? failure(libc.errno()) : 0;

  return {
    /** Makes `gid` the only supplementary group of this thread. */
    setGroup(gid: number): Done | Errno {
      groups.words[0] = gid;
      return check(c.set_thread_groups(SYS.setgroups, 1, groups.pointer));
    },

    /** Leaves this thread no supplementary group. */
    clearGroups: (): Done | Errno =>
      check(c.set_thread_groups(SYS.setgroups, 0, groups.pointer)),

    /** Without CAP_FSETID the kernel clears set-id bits of what is written to or truncated. */
    dropSetId: (): Done | Errno => set(lowered),

    restoreSetId: (): Done | Errno => set(whole),

    /** Which bits of a mode a new file does not get, where no default ACL says what it gets, umask(2). */
    maskModes: (mask: number): void => {
      c.mask_modes(mask);
    },
  };
}
