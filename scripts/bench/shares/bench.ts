/**
 * Measures many helpers at once: what memory each of them takes, and how long it
 * takes until all of them serve.
 *
 * @module
 */
import { openLibc } from "../../../ffi/libc.ts";
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import { isInstalled } from "../../guest/programs.ts";
import { say } from "../../program/output.ts";
import { type Column, table } from "../../program/table.ts";
import { trixieVirtiofsd } from "../../guest/trixie.ts";
import { BenchDirectory } from "../directory.ts";
import { bundledLauncher, compiledProgram } from "../launcher.ts";
import type { BenchOptions } from "../options.ts";
import { right } from "../report.ts";
import { introduce, show } from "../say.ts";
import { spread } from "../statistics.ts";
import { LOAD_SYMBOLS } from "../symbols.ts";
import { fileName, FILES, type Kind, start, type Tools } from "./kinds.ts";
import { type Memory, MemoryReader } from "./memory.ts";

/** How many helpers at once, and rounds of each. */
const COUNTS = [1, 10, 100];
const ROUNDS = 3;
/** What a little work is, of each helper. */
const REQUESTS = 1000;
/** How long helpers settle behind their start, and behind the work. */
const SETTLE_MS = 1500;

/** What was measured once. */
interface Round {
  /** Until the last one had answered, in ms. */
  readonly ready: number;
  readonly idle: Memory;
  readonly worked: Memory;
}

/** Measures all kinds that there are on this machine. */
export async function benchShares(options: BenchOptions): Promise<void> {
  const { only, quick } = options;
  await using place = new BenchDirectory();
  // The client would have a share in the pages of its own Deno.
  const deno = `${place.path}/deno`;
  Deno.copyFileSync(Deno.execPath(), deno);
  const kinds = (await kindsHere(deno, options)).filter(({ name }) =>
    only.length === 0 || only.some((start) => name.startsWith(start))
  );
  for (const { name, command } of kinds) say(`${name}: ${command.join(" ")}`);
  introduce("virtfs-proxy-helper and virtfs-vhost-helper");
  const all = options.rounds ?? ROUNDS;
  const counts = quick ? COUNTS.slice(0, 2) : COUNTS;
  const directories = Array.from(
    { length: Math.max(...counts) },
    (_, at) => makeShare(`${place.path}/${at}`),
  );
  const tools: Tools = { libc: openLibc(LOAD_SYMBOLS), system: new System() };
  using reader = new MemoryReader();
  say("\neach once before, as the first start of Deno fills its caches");
  for (const kind of kinds) {
    await measure(tools, reader, kind, directories.slice(0, 1));
  }
  for (const count of counts) {
    const helpers = count === 1 ? "one helper" : `${count} helpers`;
    const rounds = kinds.map((): Round[] => []);
    say("");
    for (let round = 0; round < all; round++) {
      say(`${helpers} of each kind, round ${round + 1} of ${all}`);
      for (const [at, kind] of kinds.entries()) {
        rounds[at]!.push(
          await measure(tools, reader, kind, directories.slice(0, count)),
        );
      }
    }
    show(
      `With ${helpers}: until the last has answered, and memory of each in MB\n` +
        `(PSS), before and after ${REQUESTS} requests; medians, lowest and highest`,
      table(COLUMNS, kinds.map((kind, at) => row(kind, rounds[at]!))),
    );
  }
  tools.system[Symbol.dispose]();
  tools.libc.close();
}

/** Ours as they are installed, as binaries where `deno task compile` has made them, and the others. */
async function kindsHere(
  deno: string,
  { ours, args }: BenchOptions,
): Promise<Kind[]> {
  const env = { DENO: deno };
  const proxy = await bundledLauncher("virtfs-proxy-helper");
  const vhost = ours ?? await bundledLauncher("virtfs-vhost-helper");
  const proxyBinary = await compiledProgram("virtfs-proxy-helper");
  const vhostBinary = await compiledProgram("virtfs-vhost-helper");
  const kinds: Kind[] = [
    { name: "9p, ours", protocol: "9p", command: [proxy, ...args], env },
    ...proxyBinary === undefined ? [] : [
      {
        name: "9p, ours, compiled",
        protocol: "9p",
        command: [proxyBinary, ...args],
      } as const,
    ],
    {
      name: "9p, QEMU 7.2",
      protocol: "9p",
      command: ["/usr/lib/qemu/virtfs-proxy-helper"],
    },
    {
      name: "virtiofs, ours",
      protocol: "virtiofs",
      command: [vhost, ...args],
      env,
    },
    ...vhostBinary === undefined ? [] : [
      {
        name: "virtiofs, ours, compiled",
        protocol: "virtiofs",
        command: [vhostBinary, ...args],
      } as const,
    ],
    {
      name: "virtiofsd of QEMU 7.2",
      protocol: "virtiofs",
      command: ["/usr/lib/qemu/virtiofsd"],
      old: true,
    },
  ];
  return [
    ...kinds.filter(({ command: [program] }) => isInstalled(program)),
    {
      name: "virtiofsd 1.13",
      protocol: "virtiofs",
      command: trixieVirtiofsd(),
    },
  ];
}

/** A directory with a share in it, and room for a socket. */
function makeShare(directory: string): string {
  Deno.mkdirSync(`${directory}/share`, { recursive: true });
  for (let at = 0; at < FILES; at++) {
    Deno.writeFileSync(
      `${directory}/share/${fileName(at)}`,
      new Uint8Array(4096),
    );
  }
  return directory;
}

/** Starts one helper for each directory, all at once, and ends them. */
async function measure(
  tools: Tools,
  reader: MemoryReader,
  kind: Kind,
  directories: readonly string[],
): Promise<Round> {
  const began = performance.now();
  const helpers = directories.map((directory) => start(tools, kind, directory));
  try {
    for (const helper of helpers) helper.greet();
    const ready = performance.now() - began;
    const pids = helpers.map(({ pid }) => pid);
    await settle();
    const idle = reader.mean(pids);
    for (const helper of helpers) helper.work(REQUESTS);
    await settle();
    const worked = reader.mean(pids);
    await Promise.all(helpers.map((helper) => helper.stop()));
    return { ready, idle, worked };
  } catch (error) {
    const endings = await Promise.all(helpers.map((helper) => helper.stop()));
    const failed = endings.find(({ success }) => !success);
    throw new Error(
      `${kind.name}: ${(error as Error).message}; ${failed?.said ?? ""}`,
    );
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

const COLUMNS: readonly Column[] = [
  { title: "", width: 24 },
  right("ready, ms", 9),
  right("", 13),
  right("idle", 6),
  right("", 13),
  right("own", 5),
  right("worked", 6),
  right("", 13),
  right("own", 5),
];

function row(
  { name }: Kind,
  rounds: readonly Round[],
): string[] {
  const cells = (values: readonly number[], digits: number) => [
    spread(values).median.toFixed(digits),
    `${Math.min(...values).toFixed(digits)} – ${
      Math.max(...values).toFixed(digits)
    }`,
  ];
  const memory = (when: "idle" | "worked") => [
    ...cells(rounds.map((round) => round[when].file + round[when].own), 1),
    spread(rounds.map((round) => round[when].own)).median.toFixed(1),
  ];
  return [
    name,
    ...cells(rounds.map(({ ready }) => ready), 0),
    ...memory("idle"),
    ...memory("worked"),
  ];
}
