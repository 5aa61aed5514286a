/**
 * Boots a guest that mounts a share by virtiofs, lets it do a job there, and
 * tells what it printed and how all ended.
 *
 * @module
 */
import { initramfs } from "../../../scripts/guest/initramfs.ts";
import {
  findParts,
  findProgram,
  type Parts,
} from "../../../scripts/guest/programs.ts";
import { guestMaterial } from "../../support/guest.ts";
import { hostView } from "../../support/host_view.ts";
import { type Outcome, RunningProgram } from "../../support/programs.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "./helper.ts";

/** What the guest loads to mount a share. */
const MODULES = ["virtio_pci", "virtiofs"];
const MEGABYTES = 256;

export interface ShareOptions {
  /** A script of tests/vhost/guest. */
  readonly job: string;
  /** Options for the helper, beside the directory and the socket. */
  readonly args?: readonly string[];
  /** Before the guest starts, in the directory that is shared. */
  readonly prepare?: (directory: string) => void;
  /** Programs of the host that take the place of busybox's in the guest. */
  readonly programs?: readonly string[];
}

/** What one guest did; nothing of it runs any longer. */
export interface ShareRun {
  /** What the job printed between its marks; undefined where it did not come to its end. */
  readonly lines: readonly string[] | undefined;
  readonly console: string;
  readonly qemu: Outcome;
  readonly helper: Outcome;
  /** What the share holds, see {@linkcode hostView}. */
  readonly tree: readonly string[];
}

/** Runs a job in a guest. */
export async function runShare(
  { job, args = [], prepare, programs = [] }: ShareOptions,
): Promise<ShareRun> {
  const { parts, packages } = findParts();
  if (parts === undefined) {
    throw new Error(`Cannot boot a guest without ${packages.join(", ")}`);
  }
  using place = exportWorkspace();
  prepare?.(place.export);
  const scratch = `${place.path}/scratch`;
  Deno.mkdirSync(scratch);
  const archive = `${place.path}/initramfs`;
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: Deno.readTextFileSync(new URL(`../guest/${job}`, import.meta.url)),
      modules: MODULES,
      files: await guestMaterial(scratch),
      programs: ["setfattr", "getfattr", ...programs].map((name) =>
        findProgram(name)!
      ),
      scratch,
    }),
  );
  await using helper = new RunningProgram([
    ...[HELPER, `--socket-path=${place.socket}`],
    ...[`--shared-dir=${place.export}`, ...args],
  ]);
  await helper.says(/Listening for/);
  await using qemu = new RunningProgram([
    // A machine must not outlive who started it, whatever ends that.
    ...["setpriv", "--pdeathsig", "KILL", parts.qemu],
    ...machineArguments(parts, archive, place.socket),
  ]);
  const ended = { qemu: await qemu.end(), helper: await helper.end() };
  const console = ended.qemu.stdout.replaceAll("\r", "");
  return {
    ...ended,
    console,
    lines: /^@@ begin\n((?:.*\n)*?)@@ end$/m.exec(console)?.[1]?.split("\n")
      .slice(0, -1),
    tree: await hostView(place.export),
  };
}

function machineArguments(
  { kernel }: Parts,
  archive: string,
  socket: string,
): string[] {
  return [
    // Emulation boots in seconds, and works the same on every machine.
    ...["-accel", "tcg", "-cpu", "max", "-m", String(MEGABYTES), "-smp", "1"],
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
    ...["-serial", "stdio", "-kernel", kernel.image, "-initrd", archive],
    ...["-append", "console=ttyS0 quiet panic=-1 mitigations=off"],
    "-object",
    `memory-backend-memfd,id=mem,size=${MEGABYTES}M,share=on`,
    ...["-numa", "node,memdev=mem"],
    ...["-chardev", `socket,id=share,path=${socket}`],
    ...["-device", "vhost-user-fs-pci,chardev=share,tag=share,queue-size=1024"],
  ];
}
