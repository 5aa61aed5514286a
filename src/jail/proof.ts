/**
 * Proves the jail: reads its properties back from the kernel, and compares them
 * with the plan. No request is served before they agree.
 *
 * @module
 */
import { ST_NODEV, ST_NOSUID, ST_RDONLY } from "../../ffi/constants.ts";
import type { Place } from "../../ffi/mounts.ts";
import type { ThreadState } from "../../ffi/proc.ts";
import {
  descriptorDirectoryFaults,
  samePlace,
} from "./descriptor_directory.ts";
import { mappingFaults } from "./id_map_proof.ts";
import { StartError } from "../errors.ts";
import type { JailPlan, JailTools } from "./plan.ts";
import { faultsOf } from "./property.ts";

interface ThreadRoot {
  readonly tid: number;
  readonly root: Place;
}

/** @throws {StartError} with all that is not as planned */
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
      working: plan.descriptorDirectory === undefined
        ? mounts.placeOfPath(".")
        : undefined,
      parent: mounts.placeOfPath("/.."),
    }),
    ...plan.descriptorDirectory === undefined ? [] : descriptorDirectoryFaults(
      { mounts },
      plan.descriptorDirectory,
      plan.root,
    ),
    ...mountFaults(plan, mounts.fileSystem("/").flags),
    ...mappingFaults(plan.mapped, mounts.ownerOfPath("/")),
    ...threadFaults(plan, main, threads),
    ...threadRootFaults(
      [wanted, ...plan.emptyRoot === undefined ? [] : [plan.emptyRoot]],
      threads.filter(({ tid }) => tid !== main)
        .flatMap(({ tid }) => threadRoot({ mounts, proc }, tid)),
    ),
    ...descriptorFaults(
      plan.directories.filter((fd) => mounts.isDirectory(fd)),
    ),
  ];
  if (faults.length > 0) {
    throw new StartError(`Cannot prove the jail: ${faults.join("; ")}`);
  }
}

/**
 * The root directory of a thread; none where the thread has ended meanwhile, as
 * Deno's do that have had nothing to do for ten seconds.
 *
 * @throws {SystemError} where it lives, and can't be looked at
 */
export function threadRoot(
  { mounts, proc }: {
    readonly mounts: Pick<JailTools["mounts"], "placeOf">;
    readonly proc: Pick<JailTools["proc"], "fd" | "list">;
  },
  tid: number,
): ThreadRoot[] {
  try {
    return [{ tid, root: mounts.placeOf(proc.fd, `task/${tid}/root`) }];
  } catch (error) {
    if (proc.list("task").includes(String(tid))) throw error;
    return [];
  }
}

/** What is wrong with the root directory, and with the working directory if that has to be the same. */
export function rootFaults(
  { wanted, root, working, parent }: Readonly<
    & Record<"wanted" | "root" | "parent", Place>
    & Record<"working", Place | undefined>
  >,
): string[] {
  return faultsOf([
    [samePlace(root, wanted), "/ is not the export"],
    [
      working === undefined || samePlace(working, wanted),
      "the working directory is not the export",
    ],
    [samePlace(parent, wanted), "/.. is not the export"],
  ]);
}

/** What is wrong with the roots of the other threads: each has to be one of `allowed`. */
export function threadRootFaults(
  allowed: readonly Place[],
  threads: readonly ThreadRoot[],
): string[] {
  return faultsOf(threads.map(({ tid, root }) => [
    allowed.some((place) => samePlace(place, root)),
    `thread ${tid} has another root directory`,
  ]));
}

/** What is wrong with open descriptors that are directories of the host: each is a way out. */
export function descriptorFaults(directories: readonly number[]): string[] {
  return directories.map((fd) =>
    `descriptor ${fd} is still a directory of the host`
  );
}

/** What is wrong with the mount of the export, which has these flags of statfs(2). */
export function mountFaults(
  { privateMount, readOnly }: Pick<JailPlan, "privateMount" | "readOnly">,
  flags: number,
): string[] {
  return faultsOf([
    [!privateMount || (flags & ST_NOSUID) !== 0, "the export is not nosuid"],
    [!privateMount || (flags & ST_NODEV) !== 0, "the export is not nodev"],
    [!readOnly || (flags & ST_RDONLY) !== 0, "the export is not read-only"],
  ]);
}

/** What is wrong with the rights of the threads. @param main the id of the main thread */
export function threadFaults(
  plan: Pick<JailPlan, "capabilities" | "strippedThreads" | "droppedGroups">,
  main: number,
  threads: readonly ThreadState[],
): string[] {
  const wanted = BigInt(plan.capabilities);
  return [
    ...threads.some(({ tid }) => tid === main)
      ? []
      : [`thread ${main} is not listed in /proc`],
    ...threads.flatMap((thread) =>
      faultsOf([
        [
          !plan.droppedGroups || thread.groups.length === 0,
          "has supplementary groups",
        ],
        ...thread.tid === main
          ? mainChecks(thread, wanted)
          : plan.strippedThreads
          ? otherChecks(thread)
          : [],
      ]).map((fault) => `thread ${thread.tid} ${fault}`)
    ),
  ];
}

type Checks = Parameters<typeof faultsOf>[0];

function mainChecks(thread: ThreadState, wanted: bigint): Checks {
  const { effective, permitted, inheritable, ambient, bounding } = thread;
  return [
    [effective === wanted, "has other effective capabilities than planned"],
    [permitted === wanted, "has other permitted capabilities than planned"],
    [inheritable === 0n, "has inheritable capabilities"],
    [ambient === 0n, "has ambient capabilities"],
    [bounding === 0n, "has a bounding set"],
    [thread.uids.every((uid) => uid === 0), "is not root"],
    [thread.gids.every((gid) => gid === 0), "is not in group 0"],
  ];
}

function otherChecks({ effective, permitted, uids }: ThreadState): Checks {
  return [
    [(effective | permitted) === 0n, "has capabilities"],
    [uids.every((uid) => uid !== 0), "is root"],
  ];
}
