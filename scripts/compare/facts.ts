/**
 * What the kernel says of a running server, read from outside, proc(5).
 *
 * @module
 */
import { ENOENT, ESRCH } from "../../ffi/errno.ts";
import type { Libc } from "../../ffi/libc.ts";
import { mountCalls, type Place } from "../../ffi/mounts.ts";
import { ProcDirectory, type ThreadState } from "../../ffi/proc.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { SharedSymbols } from "../../src/symbols.ts";

/** One thread. */
export interface ThreadFacts extends ThreadState {
  readonly root: Place;
  readonly rootIsEmpty: boolean;
  /** Kinds of namespaces in which it is not where this process is: `mnt`, `net`. */
  readonly namespaces: readonly string[];
}

/** One process. */
export interface Facts {
  readonly pid: number;
  /** The main thread first. */
  readonly threads: readonly ThreadFacts[];
  readonly workingDirectory: Place;
  /** Its own directory of descriptors, /proc/PID/fd. */
  readonly descriptorNames: Place;
  /** `ST_*` of the mount of its root directory. */
  readonly rootFlags: number;
  /** How many mounts it sees. */
  readonly mounts: number;
  /** Soft limits by their names in /proc/PID/limits, as written there. */
  readonly limits: ReadonlyMap<string, string>;
  /** What each descriptor is, and the file itself. */
  readonly descriptors: ReadonlyMap<number, { link: string; file: Place }>;
  readonly children: readonly number[];
  /** Bytes of memory that is writable and executable at once. */
  readonly writableCode: number;
  /**
   * Whether a process with all rights but CAP_SYS_PTRACE may look into it: it
   * is "dumpable", prctl(2) PR_SET_DUMPABLE.
   */
  readonly dumpable: boolean;
}

const NAMESPACES = ["mnt", "net", "pid", "ipc", "uts", "user", "cgroup"];

/**
 * Reads all of it. As root, or as the user of the process. A thread that ends,
 * or a descriptor that is closed while it is looked at, is left out.
 */
export function readFacts(libc: Libc<SharedSymbols>, pid: number): Facts {
  using proc = new ProcDirectory(libc, pid);
  using own = new ProcDirectory(libc, "self");
  const mounts = mountCalls(libc);
  const threads = proc.threads().flatMap((thread) =>
    unlessGone((): ThreadFacts => {
      const task = `task/${thread.tid}`;
      return {
        ...thread,
        root: mounts.placeOf(proc.fd, `${task}/root`),
        rootIsEmpty: proc.list(`${task}/root`).length === 2,
        namespaces: NAMESPACES.filter((name) =>
          mounts.placeOf(proc.fd, `${task}/ns/${name}`).inode !==
            mounts.placeOf(own.fd, `ns/${name}`).inode
        ),
      };
    })
  );
  return {
    pid,
    threads,
    workingDirectory: mounts.placeOf(proc.fd, "cwd"),
    descriptorNames: mounts.placeOf(proc.fd, "fd"),
    rootFlags: mounts.fileSystem(`/proc/${pid}/root`).flags,
    mounts: lines(proc.readText("mountinfo")).length,
    limits: parseLimits(proc.readText("limits")),
    descriptors: new Map(
      proc.list("fd").filter((name) => /^\d+$/.test(name)).flatMap((name) =>
        unlessGone(() => {
          const file = mounts.placeOf(proc.fd, `fd/${name}`);
          const link = proc.readLink(`fd/${name}`) ?? "";
          return [Number(name), { link, file }] as const;
        })
      ),
    ),
    children: threads.flatMap(({ tid }) =>
      unlessGone(() => proc.readText(`task/${tid}/children`)).flatMap((text) =>
        text.split(" ").filter(Boolean).map(Number)
      )
    ),
    writableCode: lines(proc.readText("maps")).reduce((sum, line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) .wx/.exec(line) ?? [];
      return sum + (from && to ? parseInt(to, 16) - parseInt(from, 16) : 0);
    }, 0),
    dumpable: isDumpable(pid),
  };
}

/** What `look` finds; nothing where what it looks at is gone. */
function unlessGone<T>(look: () => T): T[] {
  try {
    return [look()];
  } catch (error) {
    const gone = error instanceof SystemError &&
      (error.errno === ENOENT || error.errno === ESRCH);
    if (gone) return [];
    throw error;
  }
}

/** The same of this process, to compare with. */
export interface Reference {
  readonly root: Place;
  readonly permitted: bigint;
  readonly mounts: number;
}

export function readReference(libc: Libc<SharedSymbols>): Reference {
  using own = new ProcDirectory(libc, "self");
  return {
    root: mountCalls(libc).placeOfPath("/"),
    permitted: own.threads()[0]!.permitted,
    mounts: lines(own.readText("mountinfo")).length,
  };
}

/** A line of /proc/PID/limits: name, soft limit, hard limit, unit. */
function parseLimits(text: string): Map<string, string> {
  return new Map(
    lines(text).slice(1).map((line) => {
      const [name = "", soft = ""] = line.split(/ {2,}/);
      return [name.replace(/^Max /, ""), soft];
    }),
  );
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** ptrace(2), "Ptrace access mode checking": the same ids suffice, unless the process is not dumpable. */
function isDumpable(pid: number): boolean {
  return new Deno.Command("setpriv", {
    args: ["--bounding-set", "-sys_ptrace", "readlink", `/proc/${pid}/exe`],
    stdin: "null",
    stdout: "null",
  }).outputSync().success;
}
