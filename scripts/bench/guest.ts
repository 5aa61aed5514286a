/**
 * Ordinary work in a guest whose share a helper serves, and what the helper
 * needs for it.
 *
 * @module
 */
import { initramfs } from "../guest/initramfs.ts";
import { type Machine, startMachine } from "../guest/machine.ts";
import { findProgram, type Parts } from "../guest/programs.ts";
import type { Clock } from "./clock.ts";

/** The parts of the work, in their order. */
export const PHASES = ["untar", "find", "git add", "rm"] as const;
export type Phase = typeof PHASES[number];

/** What one part took, in seconds. */
export interface PhaseTime {
  readonly phase: Phase;
  readonly wall: number;
  readonly cpu: number;
  /** The part of `cpu` in user mode, 0 to 1. */
  readonly userPart: number;
}

export interface GuestOptions {
  readonly parts: Parts;
  /** The helper and what stands before its `-n -p DIR -f FD`. */
  readonly helper: readonly [string, ...string[]];
  /** For the share and all that the guest is made of; is empty. */
  readonly directory: string;
  /** How many files it works on. */
  readonly files: number;
}

/** A guest that has not come to its end by then is given up. */
const GIVE_UP_MS = 1_800_000;

/**
 * Boots a guest and lets it work.
 *
 * @throws {Error} where a part of the work failed
 */
export async function runGuest(
  clock: Clock,
  { parts, helper, directory, files }: GuestOptions,
): Promise<PhaseTime[]> {
  const git = findProgram("git");
  if (git === undefined) {
    throw new Error(
      "Cannot run the guest: there is no git for it (Debian: git)",
    );
  }
  const share = `${directory}/share`, scratch = `${directory}/scratch`;
  for (const path of [share, scratch]) Deno.mkdirSync(path);
  const archive = `${directory}/initramfs`;
  const job = new URL("guest_job.sh", import.meta.url);
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: Deno.readTextFileSync(job),
      programs: [git],
      scratch,
    }),
  );
  const machine = startMachine({
    parts,
    initramfs: archive,
    helper,
    directory: share,
    append: `FILES=${files}`,
    console: "piped",
  });
  const deadline = setTimeout(() => machine.qemu.kill("SIGKILL"), GIVE_UP_MS);
  try {
    return await watch(clock, machine);
  } finally {
    clearTimeout(deadline);
  }
}

async function watch(
  clock: Clock,
  { qemu, helper }: Machine,
): Promise<PhaseTime[]> {
  const said = Promise.all(
    [qemu.stderr, helper.stdout, helper.stderr].map((stream) =>
      new Response(stream).text()
    ),
  );
  const found: PhaseTime[] = [];
  const console: string[] = [];
  let begun: ReturnType<typeof look> | undefined;
  const look = () => ({
    wall: clock.now(),
    cpu: clock.cpu(helper.pid),
    ticks: clock.ticks(helper.pid),
  });
  for await (const line of lines(qemu.stdout)) {
    console.push(line);
    if (line.startsWith("@@ begin ")) begun = look();
    const phase = PHASES.find((name) => line === `@@ end ${name}`);
    if (phase === undefined || begun === undefined) continue;
    const { wall, cpu, ticks } = look();
    found.push({
      phase,
      wall: (wall - begun.wall) / 1e9,
      cpu: (cpu - begun.cpu) / 1e9,
      userPart: (ticks.user - begun.ticks.user) /
        (ticks.all - begun.ticks.all),
    });
  }
  const messages = (await said).join("");
  await Promise.all([qemu.status, helper.status]);
  const failed = console.find((line) => line.startsWith("@@ failed"));
  if (failed !== undefined || found.length !== PHASES.length) {
    throw new Error(
      `The guest did not do its work:\n${console.join("\n")}\n${messages}`,
    );
  }
  return found;
}

/** Lines as they come. */
async function* lines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of stream) {
    const pieces = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = pieces.pop() ?? "";
    for (const line of pieces) yield line.replaceAll("\r", "");
  }
  if (rest !== "") yield rest;
}
