/** docs/top.md and the manual page say what there is. */
import { deepEqual, equal, match } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { ROOT } from "../support/isolated_program.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { sample } from "./figures.ts";

const test = testsThatNeed("root", "unshare", "mount");
const groffTest = testsThatNeed("groff");

/**
 * Runs commands of the document where a helper that lives has written figures,
 * and virtfs-top is installed. There is no terminal, so it ends by itself.
 */
async function runThere(commands: string): Promise<string> {
  using place = workspace();
  const file = `${place.path}/figures`;
  Deno.writeTextFileSync(file, sample());
  const script = `
    mount -t tmpfs none /run && mkdir -p /run/virtfs/metrics &&
    cp "$1" /run/virtfs/metrics/virtfs-vhost-helper-share.prom &&
    touch -d @1 /run/virtfs/metrics/* &&
    exec 9</run/virtfs/metrics/virtfs-vhost-helper-share.prom && flock 9 &&
    mount -t tmpfs none /usr/local/bin &&
    ln -s ${ROOT}scripts/virtfs-top /usr/local/bin || exit 99
    set -e
    ${commands}
  `;
  const { code, stdout, output } = await run(
    ["unshare", "--mount", "sh", "-c", script, "sh", file],
    { env: { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" } },
  );
  equal(code, 0, output);
  return stdout;
}

test("The commands of docs/top.md show what a helper has written", async () => {
  match(
    await runThere(block("docs/top.md", "virtfs-top\n")),
    /^virtfs-top {2}\/run\/virtfs\/metrics .*\n1 share {3}0 requests/,
  );
  match(
    await runThere(block("docs/top.md", "virtfs-top --ascii")),
    /^\/srv\/share {2}[^]*\nvirtfs-top [^]*\nvirtfs-top /,
  );
});

Deno.test("The manual page has the options of --help", async () => {
  const manual = Deno.readTextFileSync(`${ROOT}man/virtfs-top.1`)
    .replaceAll("\\-", "-");
  const { stdout } = await run([`${ROOT}scripts/virtfs-top`, "--help"]);
  const names = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name]) => name);
  deepEqual(
    names(manual, /^\.It .*Fl -([a-z]+)/gm),
    names(stdout, /^ +(?:-\w, +)?--([a-z]+)/gm),
  );
});

groffTest("The manual page is well formed", async () => {
  const { code, stderr } = await run([
    ...["groff", "-mdoc", "-ww", "-z", "-Tutf8", `${ROOT}man/virtfs-top.1`],
  ]);
  deepEqual([code, stderr], [0, ""]);
});
