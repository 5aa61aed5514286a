/** What the audit says of a grant and of what was asked for. */
import { deepEqual, equal, match } from "node:assert/strict";
import { type Evidence, judge, type Line } from "../../scripts/audit/judge.ts";
import { permissionSets } from "../../scripts/audit/manifest.ts";
import { judgeTasks } from "../../scripts/audit/tasks.ts";

/** The lines for one set of a manifest. */
function lines(
  set: Readonly<Record<string, unknown>>,
  evidence: Evidence | undefined,
  wide: Readonly<Record<string, string>> = {},
): Line[] {
  const [content] = permissionSets({ permissions: { set } });
  return judge(content!, evidence, { root: "/checkout", wide });
}

/** The only line, as verdict, permission and text. */
function only(found: readonly Line[]): string {
  equal(found.length, 1);
  const { verdict, permission, text } = found[0]!;
  return `${verdict} ${permission} ${text}`;
}

const ask = (permission: string, value: string | null) => ({
  asks: [{ permission, value }],
});

Deno.test("a grant that nobody asks for fails, and is named", () => {
  equal(
    only(lines({ read: ["/srv"] }, ask("write", "/srv")).slice(0, 1)),
    "FAIL read /srv is granted and not used: take it away",
  );
  match(only(lines({ env: ["HOME"] }, { asks: [] })), /^FAIL env HOME is/);
  match(only(lines({ run: ["cp"] }, { asks: [] })), /^FAIL run cp is/);
  match(only(lines({ sys: true }, { asks: [] })), /^FAIL sys everything is/);
});

Deno.test("a grant that is asked for is ok, by the most specific value that lets it through", () => {
  const found = lines(
    { read: ["/srv", "/srv/deep", ".", "/srv/de"] },
    {
      asks: [
        { permission: "read", value: "/srv/deep/file" },
        { permission: "read", value: "mod.ts" },
        { permission: "read", value: "/srv/../srv/x" },
      ],
    },
  );
  deepEqual(found.map(({ verdict, text }) => `${verdict} ${text}`), [
    "ok /srv (used for /srv/../srv/x)",
    "ok /srv/deep (used for /srv/deep/file)",
    "ok . (used for mod.ts)",
    "FAIL /srv/de is granted and not used: take it away",
  ]);
});

Deno.test("what is asked for and not granted is shown, denied or not", () => {
  match(
    only(lines({}, ask("env", "HOME"))),
    /^WEAK env HOME was asked for and is not granted$/,
  );
  const [denied, shown] = lines({ env: { deny: true } }, ask("env", null));
  equal(only([denied!]), "ok env denied");
  match(only([shown!]), /^WEAK env everything was asked for and is not/);
});

Deno.test("of libc's places one in use is enough, and the others are named", () => {
  const ffi = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6"];
  equal(
    only(lines({ ffi }, ask("ffi", "/lib64/libc.so.6"))),
    "ok ffi /lib64/libc.so.6 (used): libc, which other systems have at /lib/x86_64-linux-gnu/libc.so.6",
  );
  match(only(lines({ ffi }, { asks: [] })), /^FAIL ffi .* is granted and not/);
  match(
    only(lines({ ffi: [...ffi, "/lib/x.so"] }, ask("ffi", ffi[0]!)).slice(1)),
    /^FAIL ffi \/lib\/x\.so is granted and not used/,
  );
});

Deno.test("everything of a kind needs a use and a reason", () => {
  const used = ask("read", "/any");
  match(
    only(lines({ read: true }, used)),
    /^FAIL read everything is granted, and no reason/,
  );
  equal(
    only(lines({ read: true }, used, { "set.read": "it is a demo" })),
    "WEAK read everything: it is a demo",
  );
  match(
    only(lines({ write: ["/"] }, ask("write", "/x"), { "set.write": "so" })),
    /^WEAK write \/: so$/,
  );
});

Deno.test("where all may be read, a read that Deno calls a write is no write", () => {
  const asks = [
    { permission: "read", value: "/boot" },
    { permission: "write", value: "/boot" },
    { permission: "write", value: "/other" },
  ];
  const why = { "set.read": "it is a demo" };
  deepEqual(
    lines({ read: true }, { asks }, why).map(({ text }) => text),
    [
      "everything: it is a demo",
      "/other was asked for and is not granted",
    ],
  );
});

Deno.test("programs are judged by what fails without them", () => {
  const found = lines({ run: ["cp", "ldd"] }, { asks: [], needed: ["cp"] });
  deepEqual(found.map(({ verdict, text }) => `${verdict} ${text}`), [
    "ok cp (fails without it)",
    "FAIL ldd is granted and not used: take it away",
  ]);
});

Deno.test("what was not tried is not judged, and says so", () => {
  equal(
    only(lines({ env: ["HOME"] }, { asks: [], notTried: "there is no QEMU" })),
    "open env HOME: not seen in use, but there is no QEMU",
  );
});

Deno.test("a set that nothing is known to use fails", () => {
  match(
    only(lines({ env: ["HOME"] }, undefined)),
    /^FAIL env HOME: nothing is/,
  );
  const sets = permissionSets({
    permissions: { old: {}, helper: {}, demo: {} },
  });
  const tasks = { demo: "deno run -P=demo scripts/demo.ts" };
  equal(
    only(judgeTasks({ tasks }, sets)),
    "FAIL - no task uses this set: take it away",
  );
});

Deno.test("a task that grants past its set fails", () => {
  const told = (command: string) =>
    judgeTasks({ tasks: { demo: { command } } }, [])
      .map(({ verdict, set, permission }) => `${verdict} ${set} ${permission}`);
  deepEqual(told("deno run -P=demo scripts/demo.ts"), []);
  deepEqual(told("deno run --allow-read=/ x.ts"), ["FAIL task demo read"]);
  equal(told("deno run -A x.ts").length, 8);
});
