/**
 * Compares servers that give a guest a directory by what the kernel says of the
 * running processes: their rights, roots, descriptors.
 *
 * Starts QEMU's own helper, both virtiofsds, diod and the two programs of this
 * project, each on a directory of its own; or, with a process id, looks at that process alone.
 *
 * @module
 */
import { type Libc, openLibc } from "../ffi/libc.ts";
import { mountCalls } from "../ffi/mounts.ts";
import { SystemError } from "../ffi/system_error.ts";
import {
  SHARED_FAST,
  SHARED_SELDOM,
  type SharedSymbols,
} from "../src/symbols.ts";
import { readFacts, readReference } from "./compare/facts.ts";
import { ROWS, type Surroundings } from "./compare/rows.ts";
import {
  DIOD,
  type Directories,
  NotMeasured,
  OURS,
  OURS_FOR_VIRTIOFS,
  proxyHelper,
  type Running,
  type Server,
  virtiofsd,
} from "./compare/servers.ts";
import { type Described, markdown, paragraphs } from "./compare/table.ts";
import { TemporaryDirectory } from "./program/clean_up.ts";
import { parse, runProgram, UsageError } from "./program/main.ts";
import { complain, say } from "./program/output.ts";

const USAGE = `Usage: deno task compare [OPTION]... [PID]

Shows what the kernel says of servers that give a guest a directory: original,
virtiofsd-c, virtiofsd-rust, diod, this (the proxy) and this-vhost. With PID it
looks at that process instead. Needs root. The status is 0 if all that was asked
for was compared.

  --only NAME          compare this server; may be repeated
  --virtiofsd COMMAND  the virtiofsd that is written in Rust, with spaces
                       between its words (/usr/libexec/virtiofsd)
  --markdown           print a table in Markdown
  -h, --help           show this and exit`;

const PROPERTIES: readonly string[] = [
  ...ROWS.map(([title]) => title),
  "`..` on a directory that QEMU gets",
];
const DEBIAN_12 = "Debian 12: qemu-system-common";

await runProgram(USAGE, main);

async function main(args: readonly string[]): Promise<number> {
  const { pid, chosen, show } = parseArguments(args);
  if (Deno.uid() !== 0) {
    throw new Error("Cannot look into other processes: start as root");
  }
  const libc = openLibc(SHARED_FAST, SHARED_SELDOM);
  if (pid !== undefined) {
    const around = { reference: readReference(libc) };
    const title = `process ${pid}`;
    try {
      say(show(PROPERTIES, [{ title, cells: cells(libc, pid, around) }]));
      return 0;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      throw new Error(`Cannot look at ${title}: ${error.message}`);
    }
  }
  const found: Described[] = [];
  for (const server of chosen) {
    try {
      found.push({ ...server, cells: await measure(libc, server) });
    } catch (error) {
      if (!(error instanceof NotMeasured)) throw error;
      complain(`Cannot compare ${server.title}: ${error.message}`);
    }
  }
  if (found.length > 0) {
    say(show(PROPERTIES, found));
    say("\nStarted as\n");
    for (const { title, command } of chosen) {
      if (found.some((server) => server.title === title)) {
        say(`- ${title}: \`${command.join(" ")}\``);
      }
    }
  }
  if (found.length === chosen.length) return 0;
  complain(`${found.length} of ${chosen.length} servers could be compared.`);
  return 1;
}

interface CompareOptions {
  readonly pid: number | undefined;
  readonly chosen: readonly Server[];
  readonly show: typeof markdown;
}

function parseArguments(args: readonly string[]): CompareOptions {
  const { values, positionals: [pid, another] } = parse({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true, default: [] },
      virtiofsd: { type: "string", default: "/usr/libexec/virtiofsd" },
      markdown: { type: "boolean", default: false },
    },
  });
  const strange = pid !== undefined && !/^\d+$/.test(pid) ? pid : another;
  if (strange !== undefined) {
    throw new UsageError(
      `Cannot look at ${JSON.stringify(strange)}: give one process id`,
    );
  }
  const all = servers(values.virtiofsd.split(" "));
  const unknown = values.only.find((name) =>
    !all.some((server) => server.name === name)
  );
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot compare ${JSON.stringify(unknown)}: it is not one of ${
        all.map(({ name }) => name).join(", ")
      }`,
    );
  }
  return {
    pid: pid === undefined ? undefined : Number(pid),
    chosen: values.only.length === 0
      ? all
      : all.filter(({ name }) => values.only.includes(name)),
    show: values.markdown ? markdown : paragraphs,
  };
}

function servers(rust: readonly string[]): readonly Server[] {
  return [
    proxyHelper({
      name: "original",
      title: "original",
      program: "/usr/lib/qemu/virtfs-proxy-helper",
      origin: DEBIAN_12,
    }),
    virtiofsd(
      { name: "virtiofsd-c", title: "virtiofsd, C", origin: DEBIAN_12 },
      ["/usr/lib/qemu/virtiofsd"],
      (directory) => ["-o", `source=${directory}`],
    ),
    virtiofsd(
      {
        name: "virtiofsd-rust",
        title: "virtiofsd, Rust",
        origin: "Debian 13: virtiofsd",
      },
      rust,
      (directory) => [`--shared-dir=${directory}`],
    ),
    DIOD,
    OURS,
    OURS_FOR_VIRTIOFS,
  ];
}

/** @throws {NotMeasured} */
async function measure(
  libc: Libc<SharedSymbols>,
  server: Server,
): Promise<readonly string[]> {
  await using directory = new TemporaryDirectory(
    "/var/tmp",
    "virtfs-compare-",
  );
  const scratch = directory.path;
  const directories: Directories = {
    scratch,
    share: `${scratch}/share`,
    leftOpen: `${scratch}/left-open`,
  };
  Deno.chmodSync(scratch, 0o755);
  for (
    const directory of [
      directories.share,
      directories.leftOpen,
      `${directories.share}/inner`,
    ]
  ) {
    Deno.mkdirSync(directory);
  }
  Deno.chmodSync(directories.share, 0o1777);
  await using running = await server.start(directories);
  const mounts = mountCalls(libc);
  return cells(libc, running.pid, {
    reference: readReference(libc),
    exported: mounts.placeOfPath(directories.share),
    leftOpen: mounts.placeOfPath(directories.leftOpen),
  }, running);
}

/** The cells of one column. Where a server has a child, the child does the work and is looked at. */
function cells(
  libc: Libc<SharedSymbols>,
  pid: number,
  around: Surroundings,
  running?: Running,
): readonly string[] {
  const first = readFacts(libc, pid);
  const [child] = first.children;
  const [facts, surroundings] = child === undefined
    ? [first, around]
    : [readFacts(libc, child), { ...around, parent: first }];
  return [
    ...ROWS.map(([, cell]) => cell(facts, surroundings)),
    dotDot(libc, around, running),
  ];
}

function dotDot(
  libc: Libc<SharedSymbols>,
  { exported }: Surroundings,
  running: Running | undefined,
): string {
  if (running?.directory === undefined) return "none is passed";
  const above = mountCalls(libc).placeOf(running.directory, "../..");
  return above.inode === exported?.inode && above.device === exported.device
    ? "stops at the export"
    : "**leads out**";
}
