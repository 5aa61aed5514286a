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
 * programs in `$PATH`.
 */
const HOST = `set -eu
  for directory in /srv /run; do mount -t tmpfs none "$directory"; done
  mkdir /srv/share /run/bin
  chmod 755 /srv /run
  for file in passwd group; do
    cp "/etc/$file" /run
    mount --bind "/run/$file" "/etc/$file"
  done
  echo qemu:x:64055:64055::/:/bin/false >>/etc/passwd
  echo qemu:x:64055: >>/etc/group
  grep -q ^kvm: /etc/group || echo kvm:x:64056: >>/etc/group
  for program in proxy vhost; do
    ln -s "$PWD/scripts/virtfs-$program-helper" /run/bin
  done
  PATH=/run/bin:$PATH
  # Runs a command as the user that QEMU runs as.
  as_qemu() {
    setpriv --reuid=qemu --regid=qemu --groups=kvm --no-new-privs sh -euc "$1"
  }
  # Waits until FILE has WORDS, or the process has ended.
  until_in() {
    until grep -q "$2" "$1"; do
      kill -0 "$3" 2>/dev/null || { cat "$1"; return 1; }
      sleep 0.05
    done
  }
`;

/** Runs a script there, at the root of the sources; it has to end well. */
export async function onHost(script: string): Promise<Outcome> {
  const outcome = await run(
    ["unshare", "--mount", "sh", "-c", `${HOST}\n${script}`],
    { cwd: ROOT, limit: 2 * LIMIT_MS },
  );
  equal(outcome.code, 0, `${script}\n${outcome.output}`);
  return outcome;
}

/** What a guest is booted with; the blocks are as the documents have them. */
export interface BootOptions {
  /** QEMU's, with `…` where the reader puts the rest of a machine. */
  readonly qemu: string;
  /** Starts the helper: it stays in the foreground, or `background`. */
  readonly start: string;
  readonly background?: boolean;
  /** Mounts the share in the guest, at /mnt. */
  readonly mount: string;
  readonly wire: keyof typeof SHARE_MODULES;
  /** Which QEMU and which guest; the machine's own where not given. */
  readonly release?: Release;
  /** What else the guest does, once the share is mounted; what it prints is in the output. */
  readonly work?: string;
}

/** A file that the host has made before the start, and one that the guest makes. */
const GIVEN = "of the host";
const MADE = "by the guest";

/**
 * Boots a guest by these blocks, with QEMU as an ordinary user. The guest reads a
 * file of the host's and makes one, as its root, and both are looked at. Returns
 * the owner of what it has made, `user:group` in numbers, as the host sees it.
 */
export async function boots(options: BootOptions): Promise<string> {
  const { qemu, start, background, mount, wire, release, work } = options;
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
        ${work ?? ""}
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
    ln -s ${parts.qemu} /run/bin/qemu-system-x86_64
    ${
    background
      ? start
      : `(${start}) >/run/log 2>&1 & helper=$!; until_in /run/log Listening $helper`
  }
    as_qemu '${qemu.replace("…", machine)}'
    ${background ? "" : "wait $helper || { cat /run/log; exit 1; }"}
    echo "HELD: $(cat /srv/share/made)"
    echo "OWNER: $(stat -c %u:%g /srv/share/made)"`);
  const lines = stdout.replaceAll("\r", "").split("\n");
  for (const line of [GIVEN, "The job is done.", `HELD: ${MADE}`]) {
    equal(lines.includes(line), true, `${line}\n${output}`);
  }
  return lines.find((line) => line.startsWith("OWNER: "))!.slice(7);
}
