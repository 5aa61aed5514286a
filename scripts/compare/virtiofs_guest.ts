/**
 * A guest that mounts what a virtiofsd serves, and keeps it.
 *
 * @module
 */
import { initramfs } from "../guest/initramfs.ts";
import { SHARE_MODULES } from "../guest/modules.ts";
import type { Parts } from "../guest/programs.ts";
import { startChild } from "../program/children.ts";

const MOUNTED = "IT IS MOUNTED";
/** Makes a file as a user, too: that is when servers change who they are. */
const JOB = `
  mount -t virtiofs share /mnt/share && su guest -c 'echo x >/mnt/share/made' &&
    ls /mnt/share >/dev/null && echo ${MOUNTED}
  read _
`;

/** Boots it with virtiofsd's socket; resolves when it has used the share. */
export async function useByGuest(
  parts: Parts,
  socket: string,
  scratch: string,
): Promise<Deno.ChildProcess> {
  const archive = `${scratch}/initramfs`;
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: JOB,
      modules: SHARE_MODULES.virtiofs,
      scratch,
    }),
  );
  const qemu = startChild("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", parts.qemu],
      ...["-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", "1"],
      ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
      ...["-serial", "stdio"],
      ...["-kernel", parts.kernel.image, "-initrd", archive],
      ...["-append", "console=ttyS0 quiet panic=-1 mitigations=off"],
      // The server reads and writes the guest's memory itself.
      ...["-object", "memory-backend-memfd,id=memory,size=256M,share=on"],
      ...["-machine", "memory-backend=memory"],
      ...["-chardev", `socket,id=fs,path=${socket}`],
      ...["-device", "vhost-user-fs-pci,chardev=fs,tag=share"],
    ],
    // Held open: the guest waits there.
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  let seen = "";
  const reader = qemu.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    seen += value ?? "";
    if (seen.includes(MOUNTED)) {
      // Let the rest go by, so that the guest never waits for its console.
      void (async () => {
        while (!(await reader.read()).done);
      })();
      return qemu;
    }
    if (done) throw new Error(`The guest did not mount the share:\n${seen}`);
  }
}
