/**
 * A virtual machine whose share is served by a helper.
 *
 * @module
 */
import { startChild } from "../program/children.ts";
import type { Parts } from "./programs.ts";
import { connectChildren } from "./socket_pair.ts";

export interface MachineOptions {
  readonly parts: Parts;
  /** The file of the guest's root file system. */
  readonly initramfs: string;
  /** The helper and what stands before the directory and the descriptor. */
  readonly helper: readonly [string, ...string[]];
  /** By what the guest reaches the share; `9p` where not given. */
  readonly wire?: WireName;
  /** Variables for the helper. */
  readonly env?: Readonly<Record<string, string>>;
  /** The directory to share, as `share` in the guest. */
  readonly directory: string;
  /** More for the kernel's command line; an unknown `NAME=value` becomes a variable of the first process. */
  readonly append?: string;
  /** The guest's console: this terminal, or piped out of `qemu.stdout`. */
  readonly console: "terminal" | "piped";
}

/** What a helper and a machine that are connected by a socket are told. */
interface Wire {
  /** For the helper, which has one end as `fd`. */
  helperArguments(directory: string, fd: number): string[];
  /** For QEMU, of which `connection` is the other end, or names the socket. */
  qemuArguments(connection: { fd: number } | { socket: string }): string[];
}

/** Names of the file systems by which guests mount a share. */
export type WireName = "9p" | "virtiofs";

const MEGABYTES = 256;

const WIRES: Readonly<Record<WireName, Wire>> = {
  "9p": {
    helperArguments: (directory, fd) => [
      ...["-n", "-p", directory, "-f", String(fd)],
    ],
    qemuArguments: (connection) => [
      "-fsdev",
      "fd" in connection
        ? `proxy,id=fs0,sock_fd=${connection.fd}`
        : `proxy,id=fs0,socket=${connection.socket}`,
      ...["-device", "virtio-9p-pci,fsdev=fs0,mount_tag=share"],
    ],
  },
  virtiofs: {
    helperArguments: (directory, fd) => [
      ...[`--shared-dir=${directory}`, `--fd=${fd}`],
    ],
    qemuArguments: (connection) => [
      // The helper reads and writes the guest's memory itself.
      "-object",
      `memory-backend-memfd,id=mem,size=${MEGABYTES}M,share=on`,
      ...["-numa", "node,memdev=mem", "-chardev"],
      "fd" in connection
        ? `socket,id=fs0,fd=${connection.fd}`
        : `socket,id=fs0,path=${connection.socket}`,
      "-device",
      "vhost-user-fs-pci,chardev=fs0,tag=share,queue-size=1024",
    ],
  },
};

/** The two processes of a machine. The helper ends once QEMU has. */
export interface Machine {
  readonly helper: Deno.ChildProcess;
  readonly qemu: Deno.ChildProcess;
}

/** Starts a helper and a machine, connected to each other and to nothing else. */
export function startMachine(options: MachineOptions): Machine {
  const [program, ...first] = options.helper;
  const stdio = options.console === "terminal" ? "inherit" : "piped";
  const { helperArguments } = WIRES[options.wire ?? "9p"];
  const [helper, qemu] = connectChildren(
    (fd) =>
      startChild(program, {
        args: [...first, ...helperArguments(options.directory, fd)],
        env: { DENO: Deno.execPath(), ...options.env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }),
    (fd) =>
      // A machine must not outlive who started it, whatever ends that.
      startChild("setpriv", {
        args: [
          ...["--pdeathsig", "KILL", options.parts.qemu],
          ...qemuArguments(options, { fd }),
        ],
        stdin: stdio === "inherit" ? "inherit" : "null",
        stdout: stdio,
        stderr: stdio,
      }),
  );
  return { helper, qemu };
}

/** A named socket of a proxy helper, and who QEMU is. */
export interface NamedConnection {
  /** The helper makes it. */
  readonly socket: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The same with a helper that listens at a named socket in the background, and
 * a QEMU that runs as an ordinary user. `helper` is the process that has started
 * the one in the background.
 */
export async function startNamedMachine(
  options: MachineOptions,
  { socket, uid, gid }: NamedConnection,
): Promise<Machine> {
  const [program, ...first] = options.helper;
  const helper = startChild(program, {
    args: [
      ...[...first, "-p", options.directory, "-s", socket],
      ...["-u", String(uid), "-g", String(gid)],
    ],
    env: { DENO: Deno.execPath(), ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  // It returns when somebody listens.
  await helper.status;
  const qemu = startChild("setpriv", {
    args: [
      ...["--reuid", String(uid), "--regid", String(gid), "--clear-groups"],
      ...["--pdeathsig", "KILL", options.parts.qemu],
      ...qemuArguments(options, { socket }),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return { helper, qemu };
}

function qemuArguments(
  options: MachineOptions,
  connection: { fd: number } | { socket: string },
): string[] {
  return [
    // Emulation boots in seconds, and works the same on every machine.
    ...["-accel", "tcg", "-cpu", "max", "-m", `${MEGABYTES}`, "-smp", "1"],
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
    // On a terminal with QEMU's own keys (Ctrl-A X ends it) and Ctrl-C for the guest.
    ...["-serial", options.console === "terminal" ? "mon:stdio" : "stdio"],
    ...["-kernel", options.parts.kernel.image],
    ...["-initrd", options.initramfs],
    "-append",
    `console=ttyS0 quiet panic=-1 mitigations=off ${options.append ?? ""}`,
    ...WIRES[options.wire ?? "9p"].qemuArguments(connection),
  ];
}
