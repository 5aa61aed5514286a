/** What the audit says of a set and of what was asked for. */
import { deepEqual } from "node:assert/strict";
import { type Evidence, judge } from "../../scripts/audit/judge.ts";
import type { PermissionSet } from "../../scripts/program/manifest.ts";

/** The lines for a set. */
function lines(set: PermissionSet, evidence: Partial<Evidence> = {}): string[] {
  return judge(set, { asks: [], seen: {}, root: "/checkout", ...evidence })
    .map(({ verdict, permission, text }) => `${verdict} ${permission} ${text}`);
}

Deno.test("a grant that nobody asks for fails, and is named", () => {
  const asks = [{ permission: "write", value: "/srv" }];
  deepEqual(lines({ read: ["/srv"], env: ["HOME"] }, { asks }), [
    "FAIL read /srv is granted and not used: take it away",
    "FAIL env HOME is granted and not used: take it away",
  ]);
});

Deno.test("a grant is used by what it lets through and no narrower grant does", () => {
  const asks = ["/srv/deep/file", "mod.ts", "/srv/../srv/x", null]
    .map((value) => ({ permission: "read", value }));
  deepEqual(lines({ read: ["/srv", "/srv/deep", ".", "/srv/de"] }, { asks }), [
    "ok read /srv (used)",
    "ok read /srv/deep (used)",
    "ok read . (used)",
    "FAIL read /srv/de is granted and not used: take it away",
  ]);
});

Deno.test("a denial is good", () => {
  deepEqual(lines({ env: { deny: true }, run: false }), ["ok env denied"]);
});

Deno.test("of libc's places one in use is enough", () => {
  const ffi = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6"];
  const asks = [{ permission: "ffi", value: ffi[1]! }];
  const [first, second, third] = lines({ ffi: [...ffi, "/lib/x.so"] }, {
    asks,
  });
  deepEqual([first, second, third], [
    `ok ffi ${ffi[0]} (another system's place of what is at ${ffi[1]} here)`,
    `ok ffi ${ffi[1]} (used)`,
    "FAIL ffi /lib/x.so is granted and not used: take it away",
  ]);
  deepEqual(lines({ ffi: [ffi[0]!] }), [
    `FAIL ffi ${ffi[0]} is granted and not used: take it away`,
  ]);
});

Deno.test("everything of a kind fails, though it is used", () => {
  const asks = [{ permission: "read", value: "/any" }];
  deepEqual(lines({ read: true, write: ["/"] }, { asks }), [
    "FAIL read everything is granted: list what is used",
    "FAIL write everything is granted: list what is used",
  ]);
});

Deno.test("a use that the log does not show can be seen otherwise", () => {
  const seen = { "write /srv": "it fails without", "run *": "it is a test" };
  deepEqual(lines({ write: ["/srv"], run: true }, { seen }), [
    "ok write /srv (it fails without)",
    "ok run everything: it is a test",
  ]);
});
