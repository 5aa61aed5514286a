/**
 * The commands of README.md run as they are written: each start of a helper, and
 * the QEMU that connects to it. In a mount namespace, where /srv and /run are
 * empty and the users are those that README.md speaks of.
 */
import { equal } from "node:assert/strict";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { ROOT } from "./commands.ts";

const test = testsThatNeed("root", "qemu", "unshare");

/** Shell commands that stand together, in their order. */
const BLOCKS = [
  ...Deno.readTextFileSync(`${ROOT}/README.md`)
    .matchAll(/^```sh\n([^]*?)\n```$/gm),
].map(([, text]) => text!);

const starts = (program: string) =>
  BLOCKS.filter((block) => block.includes(`scripts/${program} `));

/** The QEMU command with `device`, for the user to add to: it boots nothing, and is told to quit. */
function qemu(device: string): string {
  const found = BLOCKS.filter((block) => block.includes(`-device ${device},`));
  equal(found.length, 1, device);
  return found[0]!.replace(
    "…",
    "-machine accel=tcg -nodefaults -display none -S -monitor stdio",
  );
}

/** A host that has the directory, the user and the group. */
const HOST = `set -eu
  for directory in /srv /run; do mount -t tmpfs none "$directory"; done
  mkdir /srv/share
  for file in passwd group; do
    cp "/etc/$file" /run
    mount --bind "/run/$file" "/etc/$file"
  done
  echo qemu:x:64055:64055::/:/bin/false >>/etc/passwd
  echo qemu:x:64055: >>/etc/group
  grep -q ^kvm: /etc/group || echo kvm:x:64056: >>/etc/group`;

async function runs(what: string, script: string): Promise<void> {
  const { code, output } = await run(
    ["unshare", "--mount", "sh", "-c", `${HOST}\n${script}`],
    { cwd: ROOT },
  );
  equal(code, 0, `${what}\n${output}`);
}

test("The commands of README.md start virtfs-vhost-helper, and QEMU connects to it", async () => {
  const blocks = starts("virtfs-vhost-helper");
  equal(blocks.length, 2);
  for (const block of blocks) {
    await runs(
      block,
      `(${block}) >/run/log 2>&1 &
      until grep -q Listening /run/log; do kill -0 $! && sleep 0.05; done
      echo quit | ${qemu("vhost-user-fs-pci")}
      wait $! || { cat /run/log; exit 1; }`,
    );
  }
});

test("The commands of README.md start virtfs-proxy-helper, and QEMU connects to it", async () => {
  const blocks = starts("virtfs-proxy-helper");
  equal(blocks.length, 1);
  await runs(
    blocks[0]!,
    `${blocks[0]}
    echo quit | ${qemu("virtio-9p-pci")}
    # The name is gone once somebody has connected.
    test ! -e /run/share.sock`,
  );
});
