/** docs/metrics.md: its commands run, its rules are rules, and it has each metric that there is. */
import { deepEqual, equal, match } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { onHost } from "../docs/page_host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const SAMPLE = new URL("sample.prom", import.meta.url);
const DOCUMENT = new URL("../../docs/metrics.md", import.meta.url);

testsThatNeed("root", "unshare", "mount", "setpriv")(
  "By the commands of docs/metrics.md a helper writes its file",
  async () => {
    const start = block("docs/metrics.md", "mkdir -p /run/virtfs/metrics");
    const { stdout } = await onHost(`
      (${start}) 2>/run/log & helper=$!
      # Nothing waits for it where something fails.
      trap 'kill $helper 2>/run/gone || :' EXIT
      until_there /run/share.sock $helper
      cat /run/virtfs/metrics/share.prom
      kill $helper
      wait $helper`);
    match(stdout, /^virtfs_info\{.*share="\/srv\/share",version=/m);
  },
);

testsThatNeed("promtool")(
  "The rules of docs/metrics.md are rules",
  async () => {
    using place = workspace();
    Deno.writeTextFileSync(
      `${place.path}/rules.yml`,
      block("docs/metrics.md", "alert: VirtfsDiskErrors"),
    );
    const { code, stdout, stderr } = await new Deno.Command("promtool", {
      args: ["check", "rules", `${place.path}/rules.yml`],
    }).output();
    const said = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    )
      .join("");
    equal(code, 0, said);
    match(said, /SUCCESS: 4 rules found/);
  },
);

Deno.test("docs/metrics.md has each metric, and no other", () => {
  const rows = Deno.readTextFileSync(DOCUMENT)
    .matchAll(/^\| `(virtfs_\w+)`/gm);
  const types = Deno.readTextFileSync(SAMPLE).matchAll(/^# TYPE (\w+)/gm);
  deepEqual(
    [...rows].map(([, name]) => name).sort(),
    [...types].map(([, name]) => name).sort(),
  );
});
