/** What the launcher notes of a Deno, so as not to ask it again. */
import { equal } from "node:assert/strict";
import { LAUNCHER } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "strace", "mount", "unshare");

test("The launcher asks a Deno for its version and its libc once, and again when it may be another", async () => {
  using here = workspace();
  const path = `${here.path}/deno`, out = `${here.path}/out`;
  Deno.mkdirSync(out);
  using host = new Host();
  host.symlink(Deno.execPath(), path);
  // A /run of its own: what is noted there is shared by all of this machine.
  const { code, stderr } = await run(
    [
      ...["unshare", "--mount", "sh", "-c"],
      `mount -t tmpfs none /run && umask 000 && cd "$1" &&
        for change in : : "touch ../new" :; do
          $change; strace -f -qq -e trace=execve -o trace "$2" --version || exit
          grep -c '"-V"' trace >>asked
        done
        stat -c %a /run/* >mode`,
      ...["sh", out, LAUNCHER],
    ],
    { env: { DENO: path } },
  );
  equal(code, 0, stderr);
  const read = (name: string) => Deno.readTextFileSync(`${out}/${name}`);
  // Twice: its loader says where libc is.
  equal(read("asked"), "2\n0\n2\n0\n");
  equal(read("mode"), "600\n");
});

test("Nothing is noted in a directory of somebody else's, nor in / where /run can't be written to", async () => {
  using here = workspace();
  const { code, stdout, stderr } = await run(
    [
      ...["unshare", "--mount", "sh", "-euc"],
      `mount -t tmpfs none /run
        mkdir /run/another && chown 65534 /run/another && echo as it was >/run/file
        ln -s /run/file /run/another/virtfs-proxy-helper.deno
        mount -o remount,ro /run
        for directory in /run/another ""; do
          XDG_RUNTIME_DIR=$directory "$1" --version >/dev/null
        done
        cat /run/file; ls -d /virtfs-proxy-helper.deno || :`,
      ...["sh", LAUNCHER],
    ],
    { env: { DENO: Deno.execPath() }, cwd: here.path },
  );
  equal(code, 0, stderr);
  equal(stdout, "as it was\n");
});
