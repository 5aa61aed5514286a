/**
 * Boots a hostile guest on a helper.
 *
 * @module
 */
import { initramfs } from "../../scripts/guest/initramfs.ts";
import { startMachine } from "../../scripts/guest/machine.ts";
import { findParts, findProgram } from "../../scripts/guest/programs.ts";
import { helperPath } from "./helpers.ts";

/** A guest that hangs is given up after this; it usually takes a minute, and some on a busy machine. */
const GIVE_UP_MS = 3_600_000;

/** What a guest may know, and where it is to attack. */
interface HostileGuest {
  /** The export. */
  readonly directory: string;
  /** A directory for intermediate files. */
  readonly scratch: string;
  /** Variables of its job, which must not contain blanks. */
  readonly knows: Readonly<Record<string, string>>;
}

/** How it went. */
interface HostileRun {
  /** What its job has printed; undefined where it has not come to its end. */
  readonly lines: readonly string[] | undefined;
  /** All that came out of the console. */
  readonly console: string;
  readonly qemu: Deno.CommandStatus;
  readonly helper: Deno.CommandStatus;
  readonly helperOutput: string;
}

/** Lets the guest of tests/attack/guest/job.sh do its worst. */
export async function runHostileGuest(
  { directory, scratch, knows }: HostileGuest,
): Promise<HostileRun> {
  const { parts, packages } = findParts();
  if (parts === undefined) {
    throw new Error(`Cannot boot a guest without ${packages.join(", ")}`);
  }
  const archive = `${scratch}/initramfs`;
  const job = new URL("../attack/guest/job.sh", import.meta.url);
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: Deno.readTextFileSync(job),
      programs: [findProgram("setfattr")!],
      scratch,
    }),
  );
  const { helper, qemu } = startMachine({
    parts,
    initramfs: archive,
    helper: [helperPath()],
    directory,
    append: Object.entries(knows).map((pair) => pair.join("=")).join(" "),
    console: "piped",
  });
  const text = (stream: ReadableStream) => new Response(stream).text();
  const deadline = setTimeout(() => qemu.kill("SIGKILL"), GIVE_UP_MS);
  try {
    const [printed, complaints, out, err, qemuStatus, helperStatus] =
      await Promise.all([
        text(qemu.stdout),
        text(qemu.stderr),
        text(helper.stdout),
        text(helper.stderr),
        qemu.status,
        helper.status,
      ]);
    const console = printed.replaceAll("\r", "");
    return {
      lines: /^@@ begin\n((?:.*\n)*?)@@ end$/m.exec(console)?.[1]?.trimEnd()
        .split("\n"),
      console: console + complaints,
      qemu: qemuStatus,
      helper: helperStatus,
      helperOutput: out + err,
    };
  } finally {
    clearTimeout(deadline);
  }
}
