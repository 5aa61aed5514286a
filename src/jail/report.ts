/**
 * Describes the jail in words, by what the kernel says it is.
 *
 * @module
 */
import {
  type CapabilityBits,
  describeCapabilities,
  without,
} from "../../ffi/capabilities.ts";
import {
  RLIM_INFINITY,
  RLIMIT_CORE,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  ST_NODEV,
  ST_NOSUID,
  ST_RDONLY,
} from "../../ffi/constants.ts";
import { parseMappings } from "../../ffi/open_files.ts";
import type { ProcDirectory, ThreadState } from "../../ffi/proc.ts";
import { SEVEN } from "../identity.ts";
import { describeMapping } from "./id_map_proof.ts";
import { describeDescriptorDirectory } from "./descriptor_directory.ts";
import { NAMESPACES, readNamespaces } from "./isolation.ts";
import type { SeccompAction } from "./options.ts";
import type { JailPlan, JailTools } from "./plan.ts";
import { ok, type Property, weak } from "./property.ts";

/** A descriptor of a file that has to stay open in the jail. */
export interface KnownDescriptor {
  readonly fd: number;
  readonly what: string;
  /** Whether it would lead out of the jail. */
  readonly weak?: boolean;
}

/** Describes the jail that was entered, before system calls are filtered. */
export function describeJail(
  tools: JailTools,
  plan: JailPlan,
  known: readonly KnownDescriptor[] = [],
): Property[] {
  return [
    ...describeRoot(tools, plan),
    describeMapping(plan.mapped),
    ...describeRights(tools, plan),
    describeNamespaces(tools, plan),
    describeDescriptors(tools.proc, [
      ...plan.tables.map((fd) => ({
        fd,
        what: "the list of the mounts in the export",
      })),
      ...known,
    ]),
    ...describeLimits(tools),
    describePermissions(),
  ];
}

/** Describes the filter of system calls and no_new_privs. */
export function describeFilter(
  threads: readonly ThreadState[],
  action: SeccompAction,
): Property[] {
  const count = `${threads.length} threads`;
  const privileged = threads.filter((thread) => !thread.noNewPrivs).length;
  const unfiltered = threads.filter((thread) => !thread.filtered).length;
  return [
    privileged === 0
      ? ok("no_new_privs", `all ${count}`)
      : weak("no_new_privs", `not on ${privileged} of ${count}`),
    unfiltered > 0
      ? weak("seccomp", `${unfiltered} of ${count} may make any system call`)
      : action === "kill" || action === "trap"
      ? ok("seccomp", `all ${count}; other system calls: ${action}`)
      : weak("seccomp", `all ${count}, but other system calls: ${action}`),
  ];
}

function describeRoot({ mounts }: JailTools, plan: JailPlan): Property[] {
  const { flags } = mounts.fileSystem("/");
  const names = [
    [ST_RDONLY, "read-only"] as const,
    [ST_NOSUID, "nosuid"] as const,
    [ST_NODEV, "nodev"] as const,
  ].filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name).join(", ");
  return [
    plan.privateMount ? ok("root", "the export, a mount of its own") : weak(
      "root",
      `the export, but no mount of its own${
        plan.passesFiles ? ": a directory passed to QEMU leads out by .." : ""
      }`,
    ),
    ...plan.descriptorDirectory === undefined
      ? []
      : [describeDescriptorDirectory(plan.descriptorDirectory)],
    (flags & ST_NODEV) !== 0 && (flags & ST_NOSUID) !== 0
      ? ok("mount", names)
      : weak(
        "mount",
        `${names || "no restriction"}; the kernel bars no device`,
      ),
    plan.emptyRoot !== undefined
      ? ok("threads' root", "an empty, read-only file system")
      : weak(
        "threads' root",
        "the export: the runtime may look for files in it",
      ),
  ];
}

function describeRights(
  { process, proc }: JailTools,
  plan: JailPlan,
): Property[] {
  const main = process.threadId();
  const threads = proc.threads();
  const others = threads.filter(({ tid }) => tid !== main);
  const groups = threads.some((thread) => thread.groups.length > 0);
  return [
    describeOwn(plan.capabilities),
    plan.strippedThreads
      ? ok("other threads", `${others.length}, nobody's, no capabilities`)
      : weak(
        "other threads",
        `${others.length}, with the capabilities of this user namespace: only one id is mapped in it`,
      ),
    groups
      ? weak("groups", "the caller's: this user namespace forbids to drop them")
      : ok("groups", "no supplementary ones"),
  ];
}

function describeOwn(capabilities: CapabilityBits): Property {
  const names = describeCapabilities(capabilities).replaceAll("CAP_", "");
  const more = without(capabilities, SEVEN);
  return more === 0 ? ok("capabilities", names) : weak(
    "capabilities",
    `${names}: ${describeCapabilities(more)} as asked for`,
  );
}

function describeNamespaces(
  { process, proc }: JailTools,
  plan: JailPlan,
): Property {
  const now = readNamespaces(proc, process.threadId());
  const names = Object.keys(NAMESPACES);
  const shared = names.filter((name) =>
    now[name] === undefined || now[name] === plan.namespaces[name]
  );
  return shared.length === 0
    ? ok("namespaces", `${names.join(", ")}: its own`)
    : weak(
      "namespaces",
      `${shared.join(", ")}: the caller's, as there is no CAP_SYS_ADMIN`,
    );
}

const STDERR = 2;

/** Sockets, pipes and events give access to no other file; a file of the host might. */
function describeDescriptors(
  proc: ProcDirectory,
  known: readonly KnownDescriptor[],
): Property {
  const links = new Map(
    proc.list("fd").map((fd) => [Number(fd), proc.readLink(`fd/${fd}`) ?? ""]),
  );
  // The clone of the export is called "/". The runtime has duplicates of the standard
  // streams. /proc is closed after this.
  const expected = ["/", ...[0, 1, STDERR, proc.fd].map((fd) => links.get(fd))];
  const open = [...links].filter(([fd, link]) =>
    fd > STDERR && link.startsWith("/") && !expected.includes(link) &&
    !known.some((descriptor) => descriptor.fd === fd)
  ).map(([, link]) => link);
  const mapped = parseMappings(proc.readText("maps"))
    .filter(({ permissions }) => permissions.endsWith("s"))
    .map(({ path }) => path);
  const files = [...new Set([...open, ...mapped])];
  const leading = known.filter(({ weak }) => weak).map(({ what }) => what);
  const weaknesses = [
    ...files.length === 0 ? [] : [`files of the host: ${files.join(", ")}`],
    ...leading,
  ];
  const count = `${links.size} open`;
  return weaknesses.length > 0
    ? weak("descriptors", `${count}, and ${weaknesses.join("; ")}`)
    : ok(
      "descriptors",
      [`${count}, no file but the standard streams`]
        .concat([...new Set(known.map(({ what }) => what))]).join(", "),
    );
}

function describeLimits({ limits, process }: JailTools): Property[] {
  const soft = (resource: number) => {
    const { soft } = limits.get(resource);
    return soft === RLIM_INFINITY ? "unlimited" : String(soft);
  };
  const size = soft(RLIMIT_FSIZE);
  return [
    soft(RLIMIT_CORE) === "0" && !process.isDumpable()
      ? ok("dumps, ptrace", "off")
      : weak("dumps, ptrace", "possible"),
    size === "unlimited"
      ? ok(
        "limits",
        `${soft(RLIMIT_NOFILE)} files, ${
          soft(RLIMIT_NPROC)
        } processes, files of any size`,
      )
      : weak("limits", `files of ${size} bytes at most: the caller's limit`),
  ];
}

function describePermissions(): Property {
  const names = ["ffi", "net", "run", "env", "sys", "import"] as const;
  const granted = names.filter((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
  return granted.length === 0
    ? ok("Deno", `no ${names.join(", no ")}`)
    : weak("Deno", `${granted.join(", ")} granted`);
}
