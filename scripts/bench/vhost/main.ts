/**
 * Measures two vhost-user-fs servers against each other, in interleaved
 * rounds: each operation in turn on both, so that both see the same machine.
 * Not wired into `task bench` yet.
 *
 * ```sh
 * deno run -q --no-prompt -P=tools scripts/bench/vhost/main.ts \
 *   --rounds=20 --placement=one "scripts/virtfs-vhost-helper" "/usr/libexec/virtiofsd"
 * ```
 *
 * @module
 */
import { parseArgs } from "node:util";
import { openLibc } from "../../../ffi/libc.ts";
import { Clock } from "../clock.ts";
import { ratio, type Spread } from "../statistics.ts";
import { LOAD_SYMBOLS } from "../symbols.ts";
import { type Guest, startGuest } from "./guest.ts";
import { type Operation, OPERATIONS } from "./operations.ts";

/** Which processors the client has, and the server. */
const PLACEMENTS = {
  /** Both on one. */
  one: ["0", "0"],
  /** Each on its own. */
  two: ["0", "1"],
  /** As the kernel likes. */
  free: undefined,
} as const;

type Placement = keyof typeof PLACEMENTS;

/** Nanoseconds per time, of one server in every round. */
interface Series {
  readonly wall: number[];
  readonly cpu: number[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "20" },
    placement: { type: "string", default: "one,two,free" },
    only: { type: "string", default: "" },
  },
});
const [ours, theirs] = positionals;
if (ours === undefined || theirs === undefined) {
  console.error("Two commands are needed: OURS OTHER");
  Deno.exit(2);
}
for (const placement of values.placement.split(",")) {
  if (!(placement in PLACEMENTS)) throw new Error(`No placement: ${placement}`);
  await measure([ours, theirs], placement as Placement, Number(values.rounds));
}

async function measure(
  commands: readonly [string, string],
  placement: Placement,
  rounds: number,
): Promise<void> {
  const libc = openLibc(LOAD_SYMBOLS);
  const clock = new Clock(libc);
  const place = Deno.makeTempDirSync({ dir: "/var/tmp", prefix: "vph-bench-" });
  const cpus = PLACEMENTS[placement];
  pin(cpus?.[0]);
  const wrapper = ["taskset", "-c", cpus?.[1] ?? everywhere()];
  try {
    await using first = startGuest(
      [...wrapper, ...commands[0].split(" ")],
      `${place}/0`,
    );
    await using second = startGuest(
      [...wrapper, ...commands[1].split(" ")],
      `${place}/1`,
    );
    const results = play(clock, [first, second], rounds);
    report(placement, results);
  } finally {
    pin(undefined);
    Deno.removeSync(place, { recursive: true });
    libc.close();
  }
}

/** Each round does every operation on both, the first one in turns. */
function play(
  clock: Clock,
  guests: readonly [Guest, Guest],
  rounds: number,
): Map<Operation, [Series, Series]> {
  const chosen = OPERATIONS.filter(({ name }) => name.includes(values.only));
  const results = new Map(
    chosen.map((
      operation,
    ) => [operation, [series(), series()] as [Series, Series]]),
  );
  // One round more, which does not count: caches, compilers.
  for (let round = -1; round < rounds; round++) {
    for (const operation of chosen) {
      for (const which of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
        const [wall, cpu] = time(clock, guests[which], operation);
        if (round < 0) continue;
        const own = results.get(operation)![which];
        own.wall.push(wall);
        own.cpu.push(cpu);
      }
    }
  }
  return results;
}

function time(
  clock: Clock,
  { runs, pids }: Guest,
  operation: Operation,
): [number, number] {
  const { run, before } = runs.get(operation)!;
  const spent = () => pids.reduce((sum, pid) => sum + clock.cpu(pid), 0);
  let wall = 0, cpu = 0;
  const steps = before === undefined ? 1 : operation.times;
  for (let step = 0; step < steps; step++) {
    before?.();
    const cpuBefore = spent();
    const started = clock.now();
    for (let count = 0; count < operation.times / steps; count++) run();
    wall += clock.now() - started;
    cpu += spent() - cpuBefore;
  }
  return [wall / operation.times, cpu / operation.times];
}

function series(): Series {
  return { wall: [], cpu: [] };
}

function report(
  placement: Placement,
  results: Map<Operation, [Series, Series]>,
): void {
  console.log(
    `\n${placement}: ratio of the first to the second, median (middle half)`,
  );
  const walls: number[] = [], cpus: number[] = [];
  for (const [{ name }, [first, second]] of results) {
    const wall = ratio(first.wall, second.wall);
    const cpu = ratio(first.cpu, second.cpu);
    walls.push(wall.median);
    cpus.push(cpu.median);
    console.log(
      `${name.padEnd(44)} ${words(wall)}   CPU ${words(cpu)}   ${
        micros(first.wall)
      } us, ${micros(second.wall)} us`,
    );
  }
  console.log(
    `${"geometric mean".padEnd(44)} ${mean(walls)}                 CPU ${
      mean(cpus)
    }`,
  );
}

function words({ median, low, high }: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
}

function micros(nanoseconds: number[]): string {
  const sorted = [...nanoseconds].sort((a, b) => a - b);
  return (sorted[sorted.length >> 1]! / 1000).toFixed(1);
}

function mean(ratios: number[]): string {
  const logarithms = ratios.reduce((sum, value) => sum + Math.log(value), 0);
  return Math.exp(logarithms / ratios.length).toFixed(2);
}

/** Moves this process, all of its threads, to a processor, or to all of them. */
function pin(cpu: string | undefined): void {
  new Deno.Command("taskset", {
    args: ["-acp", cpu ?? everywhere(), String(Deno.pid)],
    stdin: "null",
    stdout: "null",
  }).outputSync();
}

function everywhere(): string {
  return `0-${navigator.hardwareConcurrency - 1}`;
}
