/** The permission manifest: what is granted, and that no more is used. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { LIBC_CANDIDATES } from "../../ffi/libc.ts";
import { O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { LAUNCHER, startHelper } from "../support/helpers.ts";
import { readManifest } from "../../scripts/program/manifest.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

interface AuditLine {
  readonly permission: string;
  readonly value: string;
}

Deno.test("The helper's set grants ffi on libc's candidates and denies the rest", () => {
  const { permissions } = readManifest();
  deepEqual(permissions.helper, {
    ffi: LIBC_CANDIDATES,
    env: { deny: true },
    net: { deny: true },
    run: { deny: true },
    sys: { deny: true },
    import: { deny: true },
  });
});

test("A whole session uses the export's read permission and libc, and nothing else", async () => {
  using place = exportWorkspace();
  const log = `${place.path}/audit`;
  await using helper = await startHelper({
    place,
    program: [LAUNCHER],
    env: { DENO_AUDIT_PERMISSIONS: log },
  });
  const { client, connection } = helper;
  equal(client.mkdir("/a", 0o755, 1000, 1000).errno, 0);
  connection.closeDescriptor(
    client.create("/a/b", O_RDWR | O_CREAT, 0o600, 5, 5).value!,
  );
  equal(client.lstat("/a/b").errno, 0);
  equal(client.getversion("/a/b").errno, 0);
  helper.kill("SIGTERM");
  await helper.finish();
  const lines = Deno.readTextFileSync(log).trim().split("\n")
    .map((line) => JSON.parse(line) as AuditLine)
    .map(({ permission, value }) => ({ permission, value }));
  const ffi = lines.filter(({ permission }) => permission === "ffi");
  ok(ffi.every(({ value }) => LIBC_CANDIDATES.includes(value)));
  ok(ffi.length > 0);
  deepEqual(lines.filter(({ permission }) => permission !== "ffi"), [
    { permission: "read", value: place.export },
  ]);
});
