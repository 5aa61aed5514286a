/**
 * Boots a virtual machine with a directory of this host mounted in it, through
 * the real helper, and leaves you at a shell in the machine.
 *
 * As an ordinary user it starts the helper in a user namespace.
 *
 * @module
 */
import { initramfs } from "./guest/initramfs.ts";
import { type Machine, startMachine, type WireName } from "./guest/machine.ts";
import { SHARE_MODULES } from "./guest/modules.ts";
import { findProgram, needParts, type Parts } from "./guest/programs.ts";
import { TemporaryDirectory } from "./program/clean_up.ts";
import { parse, runProgram, UsageError } from "./program/main.ts";
import { say } from "./program/output.ts";
import { launcher } from "./program/proxy_helper.ts";
import { vhostLauncher } from "./program/vhost_helper.ts";

const USAGE = `Usage: deno task demo:qemu [--virtiofs] [DIRECTORY]

Boots a virtual machine with DIRECTORY mounted at /mnt/share and leaves you at
a shell in it. Without DIRECTORY it makes one, and removes it afterwards.

  --virtiofs  mount it by virtiofs, served by virtfs-vhost-helper, and not by
              9p and virtfs-proxy-helper; QEMU from 9.2 on has only the first
  -h, --help  show this and exit`;

const README: Readonly<Record<WireName, string>> = {
  "9p": `This file is on the host. You are reading it in a virtual machine.

Each open, each stat and each rename of it goes from the machine's kernel to
QEMU, from QEMU to the helper, and from the helper to the host's kernel.
`,
  virtiofs: `This file is on the host. You are reading it in a virtual machine.

Each open, each stat and each rename of it goes from the machine's kernel to
the helper, which finds it in the machine's memory, and from the helper to the
host's kernel. QEMU has no part in it.
`,
};

await runProgram(USAGE, main);

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals: [chosen, strange] } = parse({
    args: [...args],
    options: { virtiofs: { type: "boolean" } },
    allowPositionals: true,
  });
  if (strange !== undefined) {
    throw new UsageError(
      `Cannot take ${JSON.stringify(strange)}: give one directory, or nothing`,
    );
  }
  const wire = values.virtiofs ? "virtiofs" : "9p";
  const parts = needParts();
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) {
    throw new Error(
      "Cannot give you a shell: stdin or stdout is not a terminal; run it in one, without pipes, " +
        "or as script -qec 'deno task demo:qemu' /dev/null",
    );
  }
  await using place = new TemporaryDirectory("/var/tmp", "virtfs-demo-");
  return await boot(parts, place.path, wire, shared(chosen, place.path, wire));
}

/** The directory to share. */
function shared(
  chosen: string | undefined,
  place: string,
  wire: WireName,
): string {
  if (chosen === undefined) {
    const directory = `${place}/share`;
    Deno.mkdirSync(directory);
    Deno.writeTextFileSync(`${directory}/README`, README[wire]);
    return directory;
  }
  try {
    const directory = Deno.realPathSync(chosen);
    if (Deno.statSync(directory).isDirectory) return directory;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new Error(`Cannot share ${chosen}: it is not a directory`);
}

async function boot(
  parts: Parts,
  place: string,
  wire: WireName,
  directory: string,
): Promise<number> {
  say(`Booting Linux ${parts.kernel.version}; it takes a few seconds.`);
  const archive = `${place}/initramfs`;
  const scratch = `${place}/scratch`;
  Deno.mkdirSync(scratch);
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: await Deno.readTextFile(
        new URL("guest/shell.sh", import.meta.url),
      ),
      modules: SHARE_MODULES[wire],
      files: { "etc/greeting": greeting(directory) },
      // Where they are missing, the shell works without.
      programs: ["setfattr", "getfattr"].flatMap((name) =>
        findProgram(name) ?? []
      ),
      scratch,
    }),
  );
  const machine = startMachine({
    parts,
    initramfs: archive,
    helper: wire === "9p" ? launcher() : vhostLauncher(),
    wire,
    directory,
    append: `WIRE=${wire} ${terminalSize()}`,
    console: "terminal",
  });
  return await end(machine);
}

/** Variables for the guest's shell: a serial line does not tell its size. */
function terminalSize(): string {
  const { columns, rows } = Deno.consoleSize();
  return columns > 0 && rows > 0 ? `COLUMNS=${columns} LINES=${rows}` : "";
}

function greeting(directory: string): string {
  const [who, owners] = Deno.uid() === 0
    ? [
      "You are root in here, and any owner is real on the host.",
      "chown 1000 hello; su guest  other owners, and being one",
    ]
    : [
      "You are root in here, but all that you make is yours on the host.",
      "chmod 0 hello; cat hello    root reads it all the same",
    ];
  return `
  /mnt/share is ${directory} of the host.
  ${who} Try

    ls -la                      what is there
    echo hello > hello          then look at it from another terminal
    ${owners}
    mkfifo pipe; ln -s hello s  special files and links

  Leave with exit or Ctrl-D; Ctrl-A X turns the machine off at any time.

`;
}

/** Waits for the end of the machine; returns its status. */
async function end({ qemu, helper }: Machine): Promise<number> {
  const [machine, served, output] = await Promise.all([
    qemu.status,
    helper.status,
    Promise.all([
      new Response(helper.stdout).text(),
      new Response(helper.stderr).text(),
    ]),
  ]);
  if (!served.success) {
    throw new Error(
      `The helper ended with status ${served.code}:\n${output.join("")}`,
    );
  }
  return machine.code;
}
