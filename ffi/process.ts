/**
 * Rights, name and memory of the process and of its main thread.
 *
 * @module
 */
import {
  AT_SECURE,
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_CAPBSET_DROP,
  PR_CAPBSET_READ,
  PR_GET_DUMPABLE,
  PR_GET_SECUREBITS,
  PR_SET_DUMPABLE,
  PR_SET_NAME,
  PR_SET_SECUREBITS,
  SIG_IGN,
} from "./constants.ts";
import { SYS } from "./syscall_numbers.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { MOUNT_SYMBOLS } from "./symbols/mounts.ts";
import type { PROCESS_SYMBOLS } from "./symbols/process.ts";
import { thrower } from "./system_error.ts";

/** For poll(2): no descriptors. */
const NOTHING = new Uint8Array(8);

/** Everything throws a SystemError on failure. */
export type ProcessCalls = ReturnType<typeof processCalls>;

export function processCalls(
  libc: Libc<typeof IO_SYMBOLS & typeof MOUNT_SYMBOLS & typeof PROCESS_SYMBOLS>,
) {
  const c = libc.symbols;
  const must = thrower(libc);
  const prctl = (name: string, option: number, argument = 0n): number =>
    must(name, c.prctl(option, argument, 0n, 0n, 0n));

  return {
    /** Whether the kernel runs this program with more rights than its caller has: setuid, file capabilities. */
    isSecureExecution: (): boolean => c.getauxval(AT_SECURE) !== 0n,

    realAndEffectiveUid(): {
      readonly real: number;
      readonly effective: number;
    } {
      const real = new Uint32Array(1), effective = new Uint32Array(1);
      must("getresuid", c.getresuid(real, effective, new Uint32Array(1)));
      return { real: real[0]!, effective: effective[0]! };
    },

    /** The calling thread: the only one whose capabilities the calls below change. */
    threadId: (): number => c.gettid(SYS.gettid),

    /** Sleeps; signals wait. */
    pause: (milliseconds: number): void => {
      c.poll_now(NOTHING, 0n, milliseconds);
    },

    /** Returns the former mask. */
    umask: (mask: number): number => c.umask(mask),

    /** Names the calling thread; does not report failure. */
    nameThread(name: string): void {
      const text = cString(name);
      c.prctl(PR_SET_NAME, libc.addressOf(text), 0n, 0n, 0n);
    },

    /** Writes to an address of this process, which has to be a writable one. */
    overwriteMemory: (
      address: bigint,
      bytes: Uint8Array<ArrayBuffer>,
    ): void => {
      c.copy_to_address(address, bytes, BigInt(bytes.length));
    },

    /** Drops the supplementary groups of all threads. */
    dropGroups: (): void => {
      must("setgroups", c.setgroups(0n, null));
    },

    groupCount: (): number => must("getgroups", c.getgroups(0, null)),

    /** All threads, by glibc. */
    setAllUids: (uid: number): void => {
      must("setresuid", c.setresuid(uid, uid, uid));
    },

    /** All threads, by glibc. */
    setAllGids: (gid: number): void => {
      must("setresgid", c.setresgid(gid, gid, gid));
    },

    /** The main thread alone. */
    setThreadUids: (uid: number): void => {
      must("setresuid", c.setresid_thread(SYS.setresuid, uid, uid, uid));
    },

    /** The main thread alone. */
    setThreadGids: (gid: number): void => {
      must("setresgid", c.setresid_thread(SYS.setresgid, gid, gid, gid));
    },

    secureBits: (): number =>
      prctl("prctl PR_GET_SECUREBITS", PR_GET_SECUREBITS),

    setSecureBits: (bits: number): void => {
      prctl("prctl PR_SET_SECUREBITS", PR_SET_SECUREBITS, BigInt(bits));
    },

    /** Empties the bounding set of the main thread: no execve can ever bring a capability back. */
    emptyBoundingSet(): void {
      // PR_CAPBSET_READ fails from the first number that this kernel does not know.
      for (
        let cap = 0n;
        c.prctl(PR_CAPBSET_READ, cap, 0n, 0n, 0n) >= 0;
        cap++
      ) {
        prctl("prctl PR_CAPBSET_DROP", PR_CAPBSET_DROP, cap);
      }
    },

    /** Moves the main thread to a namespace of its own: CLONE_NEW*, unshare(2). */
    leaveNamespace: (flag: number): void => {
      must("unshare", c.unshare(flag));
    },

    /** Neither a core dump nor, without CAP_SYS_PTRACE, ptrace(2) can show the memory. */
    forbidDumps: (): void => {
      prctl("prctl PR_SET_DUMPABLE", PR_SET_DUMPABLE);
    },

    isDumpable: (): boolean =>
      prctl("prctl PR_GET_DUMPABLE", PR_GET_DUMPABLE) === 1,

    ignoreSignal: (signal: number): void => {
      c.signal(signal, SIG_IGN);
    },

    clearAmbientSet: (): void => {
      prctl(
        "prctl PR_CAP_AMBIENT",
        PR_CAP_AMBIENT,
        BigInt(PR_CAP_AMBIENT_CLEAR_ALL),
      );
    },
  };
}
