/**
 * The machine that the documents speak of: commands run there as they are
 * written, and a guest boots by them and does as it is told.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { initramfs } from "../../scripts/guest/initramfs.ts";
import { SHARE_MODULES } from "../../scripts/guest/modules.ts";
import { LIMIT_MS } from "../support/processes.ts";
import { type Outcome, run } from "../support/programs.ts";
import { workspace } from "../support/workspace.ts";
import { partsOf, type Release } from "../vhost/support/machine.ts";
import { ROOT } from "./commands.ts";

/**
 * Makes that machine of a mount namespace: the directory that is shared, the user
 * that QEMU runs as, the group of those who may use virtual machines, and both
 * programs in `$PATH` and where they are installed. What the documents put in
 * their place goes with the namespace, and its sockets are the only ones there.
 */
const HOST = `set -eu
  for directory in /srv /run /usr/local/bin /usr/libexec; do
    mount -t tmpfs none "$directory"
  done
  mkdir /srv/share /run/bin
  chmod 755 /srv /run /usr/local/bin /usr/libexec
  for file in passwd group; do
    cp "/etc/$file" /run
    mount --bind "/run/$file" "/etc/$file"
  done
  echo qemu:x:64055:64055::/:/bin/false >>/etc/passwd
  echo qemu:x:64055: >>/etc/group
  grep -q ^kvm: /etc/group || echo kvm:x:64056: >>/etc/group
  for program in proxy vhost; do
    ln -s "$PWD/scripts/virtfs-$program-helper" /run/bin
    ln -s "/run/bin/virtfs-$program-helper" /usr/libexec
  done
  PATH=/usr/local/bin:/run/bin:$PATH
  # Runs a command as the user that QEMU runs as.
  as_qemu() {
    setpriv --reuid=qemu --regid=qemu --groups=kvm --no-new-privs sh -euc "$1"
  }
  # Waits until somebody listens at SOCKET, or the process has ended.
  until_there() {
    until grep -q " 00010000 .* $1$" /proc/net/unix; do
      kill -0 "$2" 2>/dev/null || { cat /run/log; return 1; }
      sleep 0.05
    done
  }
`;

/** Runs a script there, at the root of the sources; it has to end well. */
export async function onHost(script: string): Promise<Outcome> {
  const outcome = await run(
    ["unshare", "--mount", "--net", "sh", "-c", `${HOST}\n${script}`],
    { cwd: ROOT, limit: 2 * LIMIT_MS },
  );
  equal(outcome.code, 0, `${script}\n${outcome.output}`);
  return outcome;
}

/** What is started; the blocks are as the documents have them. */
export interface StartOptions {
  /** QEMU's, with `…` where the reader puts the rest of a machine. */
  readonly qemu: string;
  /** Starts the helper: it stays in the foreground, or `background`. */
  readonly start: string;
  readonly background?: boolean;
  /** Which QEMU and which guest; the machine's own where not given. */
  readonly release?: Release;
}

/** What a guest is booted with, too. */
export interface BootOptions extends StartOptions {
  /** Mounts the share in the guest, at /mnt. */
  readonly mount: string;
  readonly wire: keyof typeof SHARE_MODULES;
  /** What else the guest does, once the share is mounted. */
  readonly inGuest?: string;
  /** What the host does once the guest has ended. */
  readonly onHost?: string;
}

/** A script that starts the helper and runs QEMU with `machine`, until both have ended. */
function running(
  { qemu, start, background, release }: StartOptions,
  machine: string,
): string {
  const parts = partsOf(release ?? "installed");
  if (parts === undefined) throw new Error("Cannot boot a guest here");
  return `
    printf '#!/bin/sh\\nexec %s "$@"\\n' ${parts.qemu} >/run/bin/qemu-system-x86_64
    chmod 755 /run/bin/qemu-system-x86_64
    ${
    background
      ? start
      // A virtiofsd of others says nothing that would tell; the socket does.
      : `(${start}) >/run/log 2>&1 & helper=$!
        until_there /run/share.sock $helper`
  }
    as_qemu '${qemu.replace("…", machine)}'
    ${background ? "" : "wait $helper || { cat /run/log; exit 1; }"}`;
}

/** Starts the helper and a QEMU that connects to it, boots nothing, and is told to quit. */
export async function connects(options: StartOptions): Promise<void> {
  await onHost(running(
    { ...options, qemu: `echo quit | ${options.qemu}` },
    "-machine accel=tcg -nodefaults -display none -S -monitor stdio",
  ));
}

/** A file that the host has made before the start, and one that the guest makes. */
const GIVEN = "of the host";
const MADE = "by the guest";

/**
 * Boots a guest by these blocks, with QEMU as an ordinary user. The guest reads a
 * file of the host's and makes one, as its root, and both are looked at. Returns
 * the lines of what the guest and the host have printed, and the owner of what the
 * guest has made, `user:group` in numbers, as the host sees it.
 */
export async function boots(
  options: BootOptions,
): Promise<{ readonly lines: string[]; readonly owner: string }> {
  const { mount, wire, release } = options;
  const parts = partsOf(release ?? "installed");
  if (parts === undefined) throw new Error("Cannot boot a guest here");
  using place = workspace();
  Deno.chmodSync(place.path, 0o755);
  Deno.mkdirSync(`${place.path}/scratch`);
  Deno.writeFileSync(
    `${place.path}/initramfs`,
    await initramfs(parts, {
      job: `set -e
        ${mount}
        cat /mnt/given
        echo ${MADE} >/mnt/made
        ${options.inGuest ?? ""}
        umount /mnt
        echo The job is done.`,
      modules: SHARE_MODULES[wire],
      scratch: `${place.path}/scratch`,
    }),
  );
  const machine = [
    ...["-accel tcg -cpu max -nodefaults -no-reboot -display none"],
    `-serial stdio -kernel ${parts.kernel.image}`,
    `-initrd ${place.path}/initramfs -append "console=ttyS0 quiet panic=-1"`,
  ].join(" ");
  const { stdout, output } = await onHost(`
    echo ${GIVEN} >/srv/share/given
    ${running(options, machine)}
    ${options.onHost ?? ""}
    echo "HELD: $(cat /srv/share/made)"
    echo "OWNER: $(stat -c %u:%g /srv/share/made)"`);
  const lines = stdout.replaceAll("\r", "").split("\n");
  for (const line of [GIVEN, "The job is done.", `HELD: ${MADE}`]) {
    equal(lines.includes(line), true, `${line}\n${output}`);
  }
  const owner = /^OWNER: (.*)$/m.exec(stdout)![1]!;
  return { lines, owner };
}
