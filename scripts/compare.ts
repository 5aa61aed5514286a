/**
 * Shows side by side what holds of servers that give a guest a directory, as
 * the kernel says it of the running processes.
 *
 * Starts QEMU's own helper, both virtiofsds, diod and this program, each on a
 * directory of its own; or, with a process id, looks at that process alone.
 *
 * @module
 */
import { type Libc, openLibc } from "../ffi/libc.ts";
import { mountCalls } from "../ffi/mounts.ts";
import { SYMBOLS } from "../ffi/symbols.ts";
import { SystemError } from "../ffi/system_error.ts";
import { readFacts, readReference } from "./compare/facts.ts";
import { ROWS, type Surroundings } from "./compare/rows.ts";
import {
  DIOD,
  NotMeasured,
  OURS,
  proxyHelper,
  type Running,
  type Scene,
  type Server,
  virtiofsd,
} from "./compare/servers.ts";

const USAGE = `Usage: deno task compare [--virtiofsd=COMMAND] [PID]

Prints a table of what the kernel says of servers that give a guest a
directory. COMMAND is the virtiofsd that is written in Rust, with spaces
between its words (default: /usr/libexec/virtiofsd). With PID it looks at
that process.`;

const ORIGINAL = "/usr/lib/qemu/virtfs-proxy-helper";
const DOT_DOT = "`..` on a directory that QEMU gets";

Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  let rust = "/usr/libexec/virtiofsd";
  let pid: number | undefined;
  for (const argument of args) {
    if (argument.startsWith("--virtiofsd=")) {
      rust = argument.slice("--virtiofsd=".length);
    } else if (/^\d+$/.test(argument)) {
      pid = Number(argument);
    } else {
      console.error(USAGE);
      return argument === "--help" ? 0 : 1;
    }
  }
  if (Deno.uid() !== 0) {
    console.error("Cannot look into other processes: start as root");
    return 1;
  }
  const libc = openLibc(SYMBOLS);
  if (pid !== undefined) {
    try {
      print([`process ${pid}`], [
        cells(libc, pid, { reference: readReference(libc) }),
      ]);
      return 0;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      console.error(`Cannot look at process ${pid}: ${error.message}`);
      return 1;
    }
  }
  const servers: readonly Server[] = [
    proxyHelper("original", ORIGINAL),
    virtiofsd("virtiofsd, C", ["/usr/lib/qemu/virtiofsd"], (directory) => [
      ...["-o", `source=${directory}`],
    ]),
    virtiofsd("virtiofsd, Rust", rust.split(" "), (directory) => [
      `--shared-dir=${directory}`,
    ]),
    DIOD,
    OURS,
  ];
  const columns: (readonly string[])[] = [];
  for (const server of servers) columns.push(await measure(libc, server));
  print(servers.map(({ title }) => title), columns);
  console.log("\nStarted as\n");
  for (const { title, command } of servers) {
    console.log(`- ${title}: \`${command.join(" ")}\``);
  }
  return 0;
}

async function measure(
  libc: Libc<typeof SYMBOLS>,
  server: Server,
): Promise<readonly string[]> {
  const scratch = Deno.makeTempDirSync({
    dir: "/var/tmp",
    prefix: "virtfs-compare-",
  });
  const scene: Scene = {
    scratch,
    share: `${scratch}/share`,
    leftOpen: `${scratch}/left-open`,
  };
  Deno.chmodSync(scratch, 0o755);
  for (
    const directory of [scene.share, scene.leftOpen, `${scene.share}/inner`]
  ) {
    Deno.mkdirSync(directory);
  }
  Deno.chmodSync(scene.share, 0o1777);
  try {
    await using running = await server.start(scene);
    const mounts = mountCalls(libc);
    return cells(libc, running.pid, {
      reference: readReference(libc),
      exported: mounts.placeOfPath(scene.share),
      leftOpen: mounts.placeOfPath(scene.leftOpen),
    }, running);
  } catch (error) {
    if (!(error instanceof NotMeasured)) throw error;
    console.error(`${server.title} is not measured: ${error.message}`);
    return [DOT_DOT, ...ROWS].map(() => "not measured");
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
}

/** The cells of one column. A server that has put its work into a child is measured there. */
function cells(
  libc: Libc<typeof SYMBOLS>,
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
  libc: Libc<typeof SYMBOLS>,
  { exported }: Surroundings,
  running: Running | undefined,
): string {
  if (running?.directory === undefined) return "none is passed";
  const above = mountCalls(libc).placeOf(running.directory, "../..");
  return above.inode === exported?.inode && above.device === exported.device
    ? "stops at the export"
    : "**leads out**";
}

/** A table in Markdown. */
function print(
  titles: readonly string[],
  columns: readonly (readonly string[])[],
): void {
  const names = [...ROWS.map(([title]) => title), DOT_DOT];
  console.log(`| | ${titles.join(" | ")} |`);
  console.log(`|---|${titles.map(() => "---|").join("")}`);
  for (const [index, name] of names.entries()) {
    console.log(
      `| ${name} | ${columns.map((column) => column[index]).join(" | ")} |`,
    );
  }
}
