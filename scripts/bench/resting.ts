/**
 * What a helper takes while nobody asks: memory after a long load, and CPU.
 *
 * @module
 */
import { openLibc } from "../../ffi/libc.ts";
import { ProcDirectory } from "../../ffi/proc.ts";
import { SHARED_FAST, SHARED_SELDOM } from "../../src/symbols.ts";
import { turn } from "../program/clean_up.ts";
import type { Arena } from "./arena.ts";
import { BACK_TO_BACK, Player } from "./player.ts";

/** Memory of one helper, in millions of bytes. */
export interface Memory {
  /** Resident set after the first answer, after the load, and after as much again. */
  readonly atStart: number;
  readonly after: number;
  readonly growth: number;
  /** The part of `after` that is not a file's. */
  readonly anonymous: number;
}

/** One helper at rest. */
export interface Rest {
  /** Of how many. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** How often its threads were woken, in one second. */
  readonly wakeUps: number;
}

/** So many at a time: the client keeps each round trip. */
const PART = 10_000;

/** Asks each helper `requests` of the mix, and as many again. */
export function memory(arena: Arena, requests: number): Promise<Memory[]> {
  return withProc(arena, async (directories) => {
    const first = directories.map(resident);
    const results: Memory[] = [];
    for (const [at, contestant] of arena.contestants("mix").entries()) {
      const player = new Player(arena.clock, contestant, BACK_TO_BACK);
      const load = async () => {
        for (let left = requests; left > 0; left -= PART) {
          player.play(Math.min(left, PART));
          await turn();
        }
        return resident(directories[at]!);
      };
      const after = await load();
      const then = await load();
      player.finish();
      results.push({
        atStart: first[at]!.all,
        after: after.all,
        growth: then.all - after.all,
        anonymous: after.anonymous,
      });
    }
    return results;
  });
}

/** Leaves all helpers alone for `seconds`. */
export async function rest(arena: Arena, seconds: number): Promise<Rest[]> {
  // What the last request has left to do is not rest: windows close, the waiting goes to another thread.
  await sleep(1);
  const look = () =>
    withProc(arena, (directories) =>
      directories.map((proc, at) => ({
        cpu: arena.clock.cpu(arena.pids[at]!),
        switches: switches(proc),
      })));
  const before = await look();
  await sleep(seconds);
  return (await look()).map(({ cpu, switches }, at) => ({
    seconds,
    cpuSeconds: (cpu - before[at]!.cpu) / 1e9,
    wakeUps: (switches - before[at]!.switches) / seconds,
  }));
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

async function withProc<T>(
  arena: Arena,
  look: (directories: readonly ProcDirectory[]) => T | Promise<T>,
): Promise<T> {
  const libc = openLibc(SHARED_FAST, SHARED_SELDOM);
  const directories = arena.pids.map((pid) => new ProcDirectory(libc, pid));
  try {
    return await look(directories);
  } finally {
    for (const directory of directories) directory.close();
    libc.close();
  }
}

/** proc_pid_smaps(5): exact, where the numbers of `status` lag behind. */
function resident(proc: ProcDirectory): { all: number; anonymous: number } {
  const text = proc.readText("smaps_rollup");
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1024 /
    1e6;
  return { all: bytes("Rss"), anonymous: bytes("Anonymous") };
}

/** How often all threads together have gone to sleep by themselves; those that end meanwhile do not count. */
function switches(proc: ProcDirectory): number {
  return proc.threads().reduce((sum, { tid }) => {
    const status = statusOf(proc, tid);
    const count = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0;
    return sum + Number(count);
  }, 0);
}

/** The status of a thread; empty where it has ended since it was listed. */
function statusOf(proc: ProcDirectory, tid: number): string {
  try {
    return proc.readText(`task/${tid}/status`);
  } catch (error) {
    if (proc.list("task").includes(String(tid))) throw error;
    return "";
  }
}
