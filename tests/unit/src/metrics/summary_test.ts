/** The line of the figures in the log is whole, whatever it has to tell. */
import { equal, match, ok } from "node:assert/strict";
import { formatLine } from "../../../../src/log/log.ts";
import type { Facts } from "../../../../src/metrics/facts.ts";
import { Figures } from "../../../../src/metrics/figures.ts";
import { summarize } from "../../../../src/metrics/summary.ts";
import { dense } from "../../../../src/vhost_user_fs/fuse/opcodes.ts";

/** As many requests and errors as there can be, and long times. */
function busy(): Figures {
  const figures = new Figures(dense((name) => name), true);
  figures.names.forEach((_, request) => {
    for (let errno = 0; errno < 134; errno++) {
      figures.begin(request);
      figures.fail(errno);
      figures.add();
    }
    figures.counts[request] = 1e9 + 1;
    figures.sums[request] = 1e17 + 12345;
    figures.longest[request] = 1e12 + 12345;
  });
  return figures;
}

const facts = (share: string): Facts => ({
  program: "virtfs-vhost-helper",
  version: "1.2.3",
  share,
  started: 0,
  carriesData: true,
  interval: 5,
  sandbox: [],
});

/** The longest paths, PATH_MAX: as long as they can be once escaped, and in half a character. */
const PATHS = ["x", "\n", "\u0085", "\\", "€", "😀", "\u2028"].map((
  character,
) => `/${character.repeat(4000)}/end`);

for (const path of ["/srv/share", ...PATHS]) {
  for (
    const [what, figures] of [
      ["few", new Figures(dense((name) => name), true)],
      ["all", busy()],
    ] as const
  ) {
    Deno.test(`With ${what} figures of ${JSON.stringify(path.slice(0, 2))}… the line is JSON`, () => {
      const summary = summarize(figures, facts(path), 0);
      const head = "Figures: ";
      const line = formatLine("text", "info", head + JSON.stringify(summary));
      const { share } = JSON.parse(line.slice(head.length));
      ok(path.endsWith(share.replace(/^\.\.\./, "")), share);
      match(share, /(end|share)$/);
      const json = JSON.parse(
        formatLine("json", "info", head, {
          message: "Figures",
          figures: summary,
        }),
      );
      equal(json.figures?.share, share);
    });
  }
}

Deno.test("A path that fits stays whole", () => {
  const path = `/${"x".repeat(3000)}`;
  const figures = new Figures(dense((name) => name), true);
  equal(summarize(figures, facts(path), 0).share, path);
});
