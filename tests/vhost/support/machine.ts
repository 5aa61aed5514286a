/**
 * Guests that mount shares by virtiofs, each share with a helper of its own: they
 * are booted, do a job there, and are told what to do by QMP meanwhile.
 *
 * @module
 */
import { initramfs } from "../../../scripts/guest/initramfs.ts";
import { SHARE_MODULES } from "../../../scripts/guest/modules.ts";
import {
  findParts,
  findProgram,
  type Parts,
} from "../../../scripts/guest/programs.ts";
import { framed, guestMaterial } from "../../support/guest.ts";
import { hostView } from "../../support/host_view.ts";
import { GUEST_SILENCE_MS } from "../../support/patience.ts";
import { LIMIT_MS } from "../../support/processes.ts";
import { type Outcome, RunningProgram } from "../../support/programs.ts";
import {
  type ExportWorkspace,
  exportWorkspace,
} from "../../support/workspace.ts";
import { HELPER } from "./helper.ts";
import { Qmp } from "./qmp.ts";
import { trixieParts } from "./trixie.ts";

/** What the guest loads: to mount a share, and something over it. */
const MODULES = [...SHARE_MODULES.virtiofs, "overlay"];
/** Memory of a guest. */
const MEGABYTES = 256;
/** The longest that setTimeout takes. */
const MAX_TIMER_MS = 0x7fff_ffff;
const JOBS = new URL("../guest/", import.meta.url);

/** Which QEMU and which kernel. */
export type Release = "installed" | "trixie";

/** A share of a machine. */
export interface ShareSetup {
  /** By which the guest mounts it. */
  readonly tag: string;
  /** Options for the helper, beside the directory and the socket. */
  readonly args?: readonly string[];
  /** Request queues of the device (1). */
  readonly queues?: number;
  /** Before the guest starts, in the directory that is shared. */
  readonly prepare?: (directory: string) => void;
}

export interface MachineOptions {
  /** What it is made of; that of this machine where not given. */
  readonly release?: Release;
  /** A script of tests/vhost/guest. */
  readonly job: string;
  /** The shares; one, `share`, where not given. */
  readonly shares?: readonly ShareSetup[];
  /** Variables of the job's, which must not contain blanks. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Programs of the host that take the place of busybox's in the guest. */
  readonly programs?: readonly string[];
  /** Processors of the guest (1). */
  readonly processors?: number;
  /** Mebibytes that can be plugged in later, in one slot. */
  readonly spareMemory?: number;
  /** Whether a reboot is one, and not the end. */
  readonly reboots?: boolean;
}

/** How a machine and its helpers have ended; nothing of it runs any longer. */
export interface MachineEnd {
  /** The lines of each part of its job that is framed by marks; "" is the job proper. */
  readonly parts: ReadonlyMap<string, readonly string[]>;
  readonly console: string;
  readonly qemu: Outcome;
  /** By the tags of their shares. */
  readonly helpers: ReadonlyMap<string, Outcome>;
}

/** A share that is in use. */
export interface Share extends ShareSetup {
  readonly directory: string;
  readonly socket: string;
  readonly helper: RunningProgram;
}

/** The parts of a guest, or undefined where they cannot be had. */
export function partsOf(release: Release): Parts | undefined {
  const { parts } = findParts();
  if (release === "installed" || parts === undefined) return parts;
  return trixieParts(parts.busybox);
}

/** A machine that runs. */
export class RunningMachine implements AsyncDisposable {
  readonly qmp: Qmp;
  readonly shares: ReadonlyMap<string, Share>;
  readonly #qemu: RunningProgram;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    qmp: Qmp,
    shares: ReadonlyMap<string, Share>,
    qemu: RunningProgram,
    resources: AsyncDisposableStack,
  ) {
    this.qmp = qmp;
    this.shares = shares;
    this.#qemu = qemu;
    this.#resources = resources;
  }

  static async start(options: MachineOptions): Promise<RunningMachine> {
    const { release = "installed", shares = [{ tag: "share" }] } = options;
    const parts = partsOf(release);
    if (parts === undefined) throw new Error("Cannot boot a guest here");
    await using resources = new AsyncDisposableStack();
    const place = resources.use(exportWorkspace());
    const archive = await makeArchive(parts, place, options);
    const running = new Map<string, Share>();
    for (const share of shares) {
      running.set(share.tag, await serve(share, resources));
    }
    const qmp = resources.use(new Qmp());
    const qemu = resources.use(
      new RunningProgram([
        // A machine must not outlive who started it, whatever ends that.
        ...["setpriv", "--pdeathsig", "KILL", parts.qemu],
        ...machineArguments(parts, archive, options),
        ...[...running.values()].flatMap(deviceArguments),
        ...qmp.arguments,
      ], { silence: GUEST_SILENCE_MS }),
    );
    qmp.started();
    return new RunningMachine(qmp, running, qemu, resources.move());
  }

  /** What has come out of the console so far. */
  get console(): string {
    return this.#qemu.stdout.replaceAll("\r", "");
  }

  /** The directory of a share. */
  directory(tag = "share"): string {
    return this.shares.get(tag)!.directory;
  }

  /** Resolves when the guest has printed this. */
  async says(pattern: RegExp): Promise<void> {
    await this.#qemu.says(pattern);
  }

  /** Resolves when the guest has turned itself off, and the helpers have ended. */
  async end(): Promise<MachineEnd> {
    const qemu = await this.#qemu.end();
    const helpers = new Map<string, Outcome>();
    for (const [tag, { helper }] of this.shares) {
      helper.limitTo(LIMIT_MS);
      helpers.set(tag, await helper.end());
    }
    const { console } = this;
    return { parts: framed(console), console, qemu, helpers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]();
  }
}

/** The machine's root file system, with its job and what that works with. */
async function makeArchive(
  parts: Parts,
  place: ExportWorkspace,
  { job, programs = [] }: MachineOptions,
): Promise<string> {
  const scratch = `${place.path}/scratch`;
  Deno.mkdirSync(scratch);
  const archive = `${place.path}/initramfs`;
  const files = await guestMaterial(scratch);
  for (const { name } of Deno.readDirSync(new URL("work/", JOBS))) {
    files[`work/${name}`] = Deno.readTextFileSync(
      new URL(`work/${name}`, JOBS),
    );
  }
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: Deno.readTextFileSync(new URL(job, JOBS)),
      modules: MODULES,
      files,
      programs: ["setfattr", "getfattr", ...programs].map((name) =>
        findProgram(name)!
      ),
      scratch,
    }),
  );
  return archive;
}

/** Starts the helper of a share. */
async function serve(
  share: ShareSetup,
  resources: AsyncDisposableStack,
): Promise<Share> {
  const place = resources.use(exportWorkspace());
  share.prepare?.(place.export);
  const helper = resources.use(
    new RunningProgram([
      ...[HELPER, `--socket-path=${place.socket}`],
      ...[`--shared-dir=${place.export}`, ...share.args ?? []],
      // As long as its guest takes, which tells when that is too long.
    ], { limit: MAX_TIMER_MS }),
  );
  await helper.says(/Listening for|Waiting for vhost-user/);
  return { ...share, directory: place.export, socket: place.socket, helper };
}

function machineArguments(
  { kernel }: Parts,
  archive: string,
  { processors = 1, spareMemory, reboots = false, variables = {} }:
    MachineOptions,
): string[] {
  const hot = spareMemory === undefined
    ? ""
    : `,slots=1,maxmem=${MEGABYTES + spareMemory}M`;
  return [
    // Emulation boots in seconds, and works the same on every machine.
    ...["-accel", "tcg", "-cpu", "max", "-m", `${MEGABYTES}M${hot}`],
    ...["-smp", String(processors), "-display", "none"],
    ...["-nodefaults", "-no-user-config", ...reboots ? [] : ["-no-reboot"]],
    ...["-serial", "stdio", "-kernel", kernel.image, "-initrd", archive],
    "-append",
    [
      "console=ttyS0 quiet panic=-1 mitigations=off",
      // What the kernel does not know becomes a variable of the first process.
      ...Object.entries(variables).map((pair) => pair.join("=")),
    ].join(" "),
    "-object",
    `memory-backend-memfd,id=mem,size=${MEGABYTES}M,share=on`,
    ...["-numa", "node,memdev=mem"],
  ];
}

function deviceArguments({ tag, queues = 1, socket }: Share): string[] {
  return [
    ...["-chardev", `socket,id=${tag},path=${socket}`],
    "-device",
    `vhost-user-fs-pci,chardev=${tag},tag=${tag},queue-size=1024,num-request-queues=${queues}`,
  ];
}

/** What one guest did that was left to its job. */
export interface MachineRun extends MachineEnd {
  /** What the share `share` holds, see {@linkcode hostView}. */
  readonly tree: readonly string[];
}

/** What is done while a guest runs, and when it has ended. */
export interface Meanwhile {
  readonly during?: (machine: RunningMachine) => Promise<void>;
  /** In the directory of the share `share`. */
  readonly afterwards?: (directory: string) => Promise<void>;
}

/** Runs a job in a guest. */
export async function runMachine(
  options: MachineOptions,
  { during, afterwards }: Meanwhile = {},
): Promise<MachineRun> {
  await using machine = await RunningMachine.start(options);
  await during?.(machine);
  const ended = await machine.end();
  const directory = machine.directory();
  const tree = await hostView(directory);
  await afterwards?.(directory);
  return { ...ended, tree };
}
