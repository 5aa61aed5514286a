/** CHANGELOG.md, and what packages take from it. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { debianChangelog, releases } from "../../scripts/package/changelog.ts";
import { readManifest } from "../../scripts/program/manifest.ts";
import { ROOT } from "../docs/commands.ts";

Deno.test("The newest version of CHANGELOG.md is that of deno.json, and each is older than the one above", () => {
  const versions = releases(Deno.readTextFileSync(`${ROOT}/CHANGELOG.md`));
  equal(versions[0].version, readManifest().version);
  const times = versions.map(({ seconds }) => seconds);
  deepEqual(times, [...new Set(times)].sort((a, b) => b - a));
});

Deno.test("What PERFORMANCE.md was measured with is a version of CHANGELOG.md", () => {
  const [, measured] = /^Version (\S+) on Deno /m.exec(
    Deno.readTextFileSync(`${ROOT}/PERFORMANCE.md`),
  )!;
  const versions = releases(Deno.readTextFileSync(`${ROOT}/CHANGELOG.md`));
  equal(versions.some(({ version }) => version === measured), true, measured);
});

Deno.test("A changelog without versions, or with a date that is none, is refused in words", () => {
  throws(() => releases("# Changelog\n"), /no heading like ## 1\.2\.3/);
  throws(
    () => releases("## 1.0.0 (2026-13-01)\n"),
    /2026-13-01 is no date/,
  );
});

Deno.test("Debian's changelog has an entry for each version", () => {
  const text = debianChangelog(
    "virtfs",
    "A B <a@b.example>",
    releases("## 1.1.0 (2026-11-26)\n\n## 1.0.0 (2026-01-02)\n"),
  );
  equal(
    text,
    `virtfs (1.1.0-1) unstable; urgency=medium

  * Version 1.1.0: changelog.gz says what is new.

 -- A B <a@b.example>  Thu, 26 Nov 2026 00:00:00 +0000

virtfs (1.0.0-1) unstable; urgency=medium

  * Version 1.0.0: changelog.gz says what is new.

 -- A B <a@b.example>  Fri, 02 Jan 2026 00:00:00 +0000
`,
  );
});
