/**
 * Boots a guest on a helper, lets it do its job in the share, and tells what
 * it printed and, for a job that is not hostile, what the host finds afterwards.
 *
 * @module
 */
import { initramfs } from "../../scripts/guest/initramfs.ts";
import {
  type Machine,
  type MachineOptions,
  startMachine,
  startNamedMachine,
} from "../../scripts/guest/machine.ts";
import { findParts, findProgram } from "../../scripts/guest/programs.ts";
import { data, sha256, smallFiles, tarOf } from "../guest/material.ts";
import { helperPath, type Implementation, ORIGINAL } from "./helpers.ts";
import { GUEST_SILENCE_MS, Patience } from "./patience.ts";
import { Mark } from "./processes.ts";
import { hostView } from "./host_view.ts";
import { exportWorkspace, workspace } from "./workspace.ts";

/** How a guest and its helper have ended; nothing of it runs any longer. */
interface GuestEnd {
  /** The lines of each part of its job that is framed by marks; "" is the job proper. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  /** All that came out of the console, for a failure's message. */
  readonly console: string;
  /** What QEMU said. */
  readonly complaints: string;
  readonly qemu: Deno.CommandStatus;
  readonly helper: Deno.CommandStatus;
  readonly helperOutput: string;
  /** How long it took, in milliseconds. */
  readonly took: number;
}

/** What one guest did. */
export interface GuestRun extends GuestEnd {
  /** What the share holds: one line a file, see {@linkcode hostView}. */
  readonly tree: readonly string[];
}

/** nobody and nogroup: a QEMU that has no right to anything. */
const QEMU_USER = 65534;

/** What is to be done in a guest, and where. */
export interface GuestOptions {
  /** A script, by its path from tests/guest. */
  readonly job?: string;
  /** Variables of its, which must not contain blanks. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Options for the helper. */
  readonly args?: readonly string[];
  /** The directory to share; by default an empty one. */
  readonly share?: string;
  /** Programs of the host that take the place of busybox's in the guest. */
  readonly programs?: readonly string[];
}

/**
 * Runs a job, tests/guest/job.sh unless told otherwise, on a helper: over an
 * inherited socket, or over a named one with the helper in the background and
 * QEMU as nobody. Looks at the share afterwards.
 */
export async function runGuest(
  implementation: Implementation,
  connection: "inherited" | "named" = "inherited",
  options: GuestOptions = {},
): Promise<GuestRun> {
  using place = exportWorkspace();
  const share = options.share ?? place.export;
  const ended = await bootGuest(implementation, connection, {
    variables: implementation === "ours" ? { BEYOND: "yes" } : {},
    ...options,
    share,
  });
  return { ...ended, tree: await hostView(share) };
}

/** The same, but the share is not looked at. */
export async function bootGuest(
  implementation: Implementation,
  connection: "inherited" | "named",
  { job = "job.sh", variables = {}, args = [], share, programs = [] }:
    & GuestOptions
    & { readonly share: string },
): Promise<GuestEnd> {
  const { parts, packages } = findParts();
  if (parts === undefined) {
    throw new Error(`Cannot boot a guest without ${packages.join(", ")}`);
  }
  using place = workspace();
  await using mark = new Mark();
  const scratch = `${place.path}/scratch`;
  const archive = `${place.path}/initramfs`;
  Deno.mkdirSync(scratch);
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: guestScript(job),
      files: await guestMaterial(scratch),
      programs: ["setfattr", "getfattr", ...programs].map((name) =>
        findProgram(name)!
      ),
      scratch,
    }),
  );
  const started = performance.now();
  const options: MachineOptions = {
    parts,
    initramfs: archive,
    helper: [
      implementation === "original" ? ORIGINAL : helperPath(),
      ...args,
    ],
    directory: share,
    env: mark.env,
    append: Object.entries(variables).map((pair) => pair.join("=")).join(" "),
    console: "piped",
  };
  Deno.chmodSync(place.path, 0o755);
  const machine = connection === "inherited"
    ? startMachine(options)
    : await startNamedMachine(options, {
      socket: `${place.path}/socket`,
      uid: QEMU_USER,
      gid: QEMU_USER,
    });
  const ended = await end(machine);
  // In the background the helper is nobody's child: that it ends with QEMU has to be looked for.
  await mark.gone();
  return {
    ...ended,
    took: performance.now() - started,
    lines: framed(ended.console),
  };
}

/** What a guest's job works with: files, and the scripts of tests/guest/work. */
export async function guestMaterial(
  scratch: string,
): Promise<Record<string, string | Uint8Array>> {
  const small = smallFiles();
  const sums = small.map(({ path, data }) =>
    `${sha256(data)}  ${path.replace("files/", "")}\n`
  );
  const files: Record<string, string | Uint8Array> = {
    "work/data": data(),
    "work/files.tar": await tarOf(small, scratch),
    "work/files.sha256": sums.join(""),
  };
  for (
    const entry of Deno.readDirSync(new URL("../guest/work", import.meta.url))
  ) {
    files[`work/${entry.name}`] = guestScript(`work/${entry.name}`);
  }
  return files;
}

function guestScript(name: string): string {
  return Deno.readTextFileSync(new URL(`../guest/${name}`, import.meta.url));
}

async function end({ helper, qemu }: Machine) {
  const patience = new Patience(
    GUEST_SILENCE_MS,
    true,
    () => qemu.kill("SIGKILL"),
  );
  try {
    const [console, complaints, out, err, qemuStatus, helperStatus] =
      await Promise.all([
        heard(qemu.stdout, patience),
        new Response(qemu.stderr).text(),
        new Response(helper.stdout).text(),
        new Response(helper.stderr).text(),
        qemu.status,
        helper.status,
      ]);
    patience.check(console);
    return {
      console: console.replaceAll("\r", ""),
      complaints,
      helperOutput: out + err,
      qemu: qemuStatus,
      helper: helperStatus,
    };
  } finally {
    patience.end();
  }
}

/** All that comes, each piece of which renews the patience. */
async function heard(
  stream: ReadableStream<Uint8Array>,
  patience: Patience,
): Promise<string> {
  const text = new TextDecoder();
  let all = "";
  for await (const bytes of stream) {
    all += text.decode(bytes, { stream: true });
    patience.heard();
  }
  return all;
}

/** What stands between `@@ begin NAME` and `@@ end NAME`. */
export function framed(console: string): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  const marked = /^@@ begin ?(.*)\n((?:.*\n)*?)@@ end ?\1$/gm;
  for (const [, name = "", content = ""] of console.matchAll(marked)) {
    parts.set(name, content.split("\n").slice(0, -1));
  }
  return parts;
}
