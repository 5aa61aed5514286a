/**
 * What {@linkcode Facts} mean, in words: the rows of the table.
 *
 * @module
 */
import { capabilityNames, without } from "../../ffi/capabilities.ts";
import { SEVEN } from "../../src/identity.ts";
import { ST_NODEV, ST_NOSUID, ST_RDONLY } from "../../ffi/constants.ts";
import type { Place } from "../../ffi/mounts.ts";
import type { Facts, Reference, ThreadFacts } from "./facts.ts";

const ST_NOEXEC = 8;

/** What is known of a server besides its facts. */
export interface Surroundings {
  readonly reference: Reference;
  /** The directory that it exports. */
  readonly exported?: Place;
  /** A directory that its caller left open. */
  readonly leftOpen?: Place;
  /** Its parent, where that is a process of the same server. */
  readonly parent?: Facts;
}

type Row = readonly [
  title: string,
  cell: (facts: Facts, around: Surroundings) => string,
];

/** Each row's title, and how its cell is made. */
export const ROWS: readonly Row[] = [
  [
    "processes",
    (_, { parent }) =>
      parent === undefined
        ? "1"
        : `2; the parent ${
          parent.threads.every(({ permitted }) => permitted === 0n)
            ? "has no capability"
            : "has **capabilities**"
        }`,
  ],
  ["threads", ({ threads }) => `${threads.length}`],
  [
    "user of the threads",
    perThread(({ uids }) => uids[1] === 0 ? "root" : `${uids[1]}`),
  ],
  [
    "the caller's groups",
    perThread(({ groups }) => groups.length === 0 ? "dropped" : "**kept**"),
  ],
  ["capabilities", capabilities(({ permitted }) => permitted)],
  ["bounding set", capabilities(({ bounding }) => bounding)],
  [
    "inheritable, ambient",
    capabilities(({ inheritable, ambient }) => inheritable | ambient),
  ],
  [
    "no_new_privs",
    perThread(({ noNewPrivs }) => noNewPrivs ? "yes" : "**no**"),
  ],
  ["seccomp", perThread(({ filtered }) => filtered ? "filter" : "**none**")],
  [
    "root directory",
    perThread(({ root, rootIsEmpty }, around) =>
      place(root, around, rootIsEmpty)
    ),
  ],
  [
    "working directory",
    ({ workingDirectory, threads, descriptorNames }, around) =>
      same(workingDirectory, threads[0]!.root)
        ? "the root"
        : sameFile(workingDirectory, descriptorNames)
        ? "the names of its descriptors alone"
        : place(workingDirectory, around, false),
  ],
  ["mount of its root", ({ rootFlags }) => mountFlags(rootFlags)],
  [
    "mounts that it sees",
    ({ mounts }, { reference }) =>
      mounts >= reference.mounts ? "**all of the host**" : `${mounts}`,
  ],
  [
    "namespaces of its own",
    perThread(({ namespaces }) => namespaces.join(", ") || "**none**"),
  ],
  [
    "core dump",
    ({ limits }) =>
      limit(limits, "core file size").replace("unlimited", "**unlimited**"),
  ],
  ["open files, at most", ({ limits }) => limit(limits, "open files")],
  ["processes, at most", ({ limits }) => limit(limits, "processes")],
  ["descriptors", ({ descriptors }) => kinds(descriptors)],
  [
    "what its caller left open",
    ({ descriptors }, { leftOpen }) =>
      leftOpen === undefined
        ? "–"
        : [...descriptors.values()].some(({ file }) => same(file, leftOpen))
        ? "**stays open**"
        : "closed",
  ],
  [
    "memory to write and execute",
    ({ writableCode }) =>
      writableCode === 0
        ? "none"
        : `**${(writableCode / 2 ** 20).toFixed(1)} MiB**`,
  ],
  [
    "root without CAP_SYS_PTRACE may look into it",
    ({ dumpable }) => dumpable ? "**yes**" : "no",
  ],
];

/** A cell with a value of the main thread, and those of the others that differ from it. */
function perThread(
  value: (thread: ThreadFacts, around: Surroundings) => string,
): Row[1] {
  return ({ threads }, around) => {
    const [main, ...others] = threads.map((thread) => value(thread, around));
    const different = [...new Set(others)].filter((other) => other !== main);
    if (different.length === 0) return main ?? "–";
    const rest = others.every((other) => other !== main) ? "others" : "some";
    return `main: ${main}; ${rest}: ${different.join(" or ")}`;
  };
}

function capabilities(bits: (thread: ThreadFacts) => bigint): Row[1] {
  return perThread((thread, { reference }) =>
    names(bits(thread), reference.permitted)
  );
}

function names(bits: bigint, all: bigint): string {
  if (bits === 0n) return "none";
  if (bits === all) return "**all**";
  const low = Number(bits & 0xffff_ffffn);
  const high = bits >> 32n;
  const seven = without(SEVEN, low) === 0;
  return [
    ...seven ? ["the seven"] : [],
    ...capabilityNames(seven ? without(low, SEVEN) : low),
    ...high === 0n ? [] : [`0x${high.toString(16)}00000000`],
  ].join(", ");
}

function place(
  root: Place,
  { reference, exported }: Surroundings,
  empty: boolean,
): string {
  if (exported !== undefined && sameFile(root, exported)) return "the export";
  if (sameFile(root, reference.root)) return "**the host's**";
  return empty ? "empty" : "another";
}

function mountFlags(flags: number): string {
  const found = [
    [ST_NOSUID, "nosuid"] as const,
    [ST_NODEV, "nodev"] as const,
    [ST_NOEXEC, "noexec"] as const,
    [ST_RDONLY, "ro"] as const,
  ].flatMap(([flag, name]) => (flags & flag) === 0 ? [] : [name]);
  return found.join(", ") || "**as on the host**";
}

function limit(limits: ReadonlyMap<string, string>, name: string): string {
  return limits.get(name) ?? "–";
}

/** How many of what: `3 socket, 1 pipe`. */
function kinds(descriptors: Facts["descriptors"]): string {
  const counts = new Map<string, number>();
  for (const { link } of descriptors.values()) {
    const kind = /^(?:anon_inode:)?\[?([a-z]+)/.exec(link)?.[1] ??
      (link === "/dev/null" ? link : "file or directory");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return `${descriptors.size}: ${
    [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")
  }`;
}

function sameFile(a: Place, b: Place): boolean {
  return a.device === b.device && a.inode === b.inode;
}

function same(a: Place, b: Place): boolean {
  return sameFile(a, b) && a.mount === b.mount;
}
