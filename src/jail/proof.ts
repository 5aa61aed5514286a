/**
 * Reads back from the kernel what the jail is. What was asked for and what
 * holds are two things: no request is served before they are shown to agree.
 *
 * @module
 */
import { ST_NODEV, ST_NOSUID, ST_RDONLY } from "../../ffi/constants.ts";
import type { Place } from "../../ffi/mounts.ts";
import type { ThreadState } from "../../ffi/proc.ts";
import { mappingFaults } from "./id_map_proof.ts";
import { StartError } from "../errors.ts";
import type { JailPlan, JailTools } from "./plan.ts";

/** @throws {StartError} that lists everything that is not as planned */
export function proveJail(
  { mounts, process, proc }: Pick<JailTools, "mounts" | "process" | "proc">,
  plan: JailPlan,
): void {
  const wanted = mounts.placeOf(plan.root);
  const main = process.threadId();
  const threads = proc.threads();
  const faults = [
    ...rootFaults({
      wanted,
      root: mounts.placeOfPath("/"),
      working: mounts.placeOfPath("."),
      parent: mounts.placeOfPath("/.."),
    }),
    ...mountFaults(plan, mounts.fileSystem("/").flags),
    ...mappingFaults(plan.mapped, mounts.ownerOfPath("/")),
    ...threadFaults(plan, main, threads),
    ...threadRootFaults(
      [wanted, ...plan.emptyRoot === undefined ? [] : [plan.emptyRoot]],
      threads.filter(({ tid }) => tid !== main).map(({ tid }) => ({
        tid,
        root: mounts.placeOf(proc.fd, `task/${tid}/root`),
      })),
    ),
    ...descriptorFaults(
      plan.directories.filter((fd) => mounts.isDirectory(fd)),
    ),
  ];
  if (faults.length > 0) {
    throw new StartError(`Cannot prove the jail: ${faults.join("; ")}`);
  }
}

/** What is wrong with the root directory. */
export function rootFaults(
  places: Readonly<Record<"wanted" | "root" | "working" | "parent", Place>>,
): string[] {
  return [
    ["/", places.root] as const,
    ["the working directory", places.working] as const,
    ["/..", places.parent] as const,
  ].filter(([, place]) => !same(place, places.wanted))
    .map(([name]) => `${name} is not the export`);
}

/** What is wrong with the roots of the other threads: each has to be one of `allowed`. */
export function threadRootFaults(
  allowed: readonly Place[],
  threads: readonly { readonly tid: number; readonly root: Place }[],
): string[] {
  return threads
    .filter(({ root }) => !allowed.some((place) => same(place, root)))
    .map(({ tid }) => `thread ${tid} has another root directory`);
}

function same(a: Place, b: Place): boolean {
  return a.device === b.device && a.inode === b.inode && a.mount === b.mount;
}

/** What is wrong with the open descriptors: a directory of the host would be a way out. */
export function descriptorFaults(directories: readonly number[]): string[] {
  return directories.map((fd) =>
    `descriptor ${fd} is still a directory of the host`
  );
}

/** What is wrong with the mount of the export. */
export function mountFaults(
  plan: Pick<JailPlan, "privateMount" | "readOnly">,
  flags: number,
): string[] {
  return [
    [plan.privateMount, ST_NOSUID, "nosuid"] as const,
    [plan.privateMount, ST_NODEV, "nodev"] as const,
    [plan.readOnly, ST_RDONLY, "read-only"] as const,
  ].filter(([wanted, flag]) => wanted && (flags & flag) === 0)
    .map(([, , name]) => `the export is not ${name}`);
}

/** What is wrong with the rights of the threads. */
export function threadFaults(
  plan: Pick<JailPlan, "capabilities" | "strippedThreads" | "droppedGroups">,
  main: number,
  threads: readonly ThreadState[],
): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, tid: number, what: string) => {
    if (!holds) faults.push(`thread ${tid} ${what}`);
  };
  expect(
    threads.some(({ tid }) => tid === main),
    main,
    "is not listed in /proc",
  );
  for (const thread of threads) {
    const { tid } = thread;
    if (plan.droppedGroups) {
      expect(thread.groups.length === 0, tid, "has supplementary groups");
    }
    if (tid === main) {
      const wanted = BigInt(plan.capabilities);
      expect(
        thread.effective === wanted,
        tid,
        "has other effective capabilities than planned",
      );
      expect(
        thread.permitted === wanted,
        tid,
        "has other permitted capabilities than planned",
      );
      expect(thread.inheritable === 0n, tid, "has inheritable capabilities");
      expect(thread.ambient === 0n, tid, "has ambient capabilities");
      expect(thread.bounding === 0n, tid, "has a bounding set");
      expect(thread.uids.every((uid) => uid === 0), tid, "is not root");
      expect(thread.gids.every((gid) => gid === 0), tid, "is not in group 0");
    } else if (plan.strippedThreads) {
      expect(
        (thread.effective | thread.permitted) === 0n,
        tid,
        "has capabilities",
      );
      expect(thread.uids.every((uid) => uid !== 0), tid, "is root");
    }
  }
  return faults;
}
