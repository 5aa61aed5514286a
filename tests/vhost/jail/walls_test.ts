/** What a guest can reach, and what it can't; and what of the host the program goes on having. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { O_RDONLY, O_RDWR, S_IFBLK, S_IFCHR } from "../../../ffi/constants.ts";
import { errnoName } from "../../../ffi/errno.ts";
import { LIBC_CANDIDATES } from "../../../ffi/libc.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { setattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { open } from "../../../src/vhost_user_fs/client/requests/files.ts";
import {
  lookup,
  mknod,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import { Host } from "../../support/host.ts";
import { descriptors } from "../../support/processes.ts";
import { withoutCapability } from "../../support/programs.ts";
import { onlyMainThreadReaches } from "../../support/reaching.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER, LAUNCHER } from "../support/helper.ts";
import { workThrough } from "../support/mixed_load.ts";
import {
  greet,
  runProgram,
  type StartOptions,
  startProgram,
} from "../support/program.ts";

const test = testsThatNeed("root");
const ARGS = ["--fd=FD", "--shared-dir=DIR", "--xattr"];

type Place = ReturnType<typeof exportWorkspace>;
type Session = ReturnType<typeof greet>;

/** Mounts a share, and ends well. Returns all that the program has printed. */
async function mounted(
  use: (session: Session, pid: number) => void | Promise<void>,
  { place, args = ARGS, ...options }: StartOptions & {
    readonly place: Place;
    readonly args?: readonly string[];
  },
): Promise<string> {
  await using program = startProgram(place, "connection", args, options);
  using frontEnd = await program.connect();
  await use(greet(frontEnd), program.pid);
  frontEnd.close();
  const { code, output } = await program.end();
  equal(code, 0, output);
  return output;
}

test("What is done with a symlink is done with it alone, wherever it leads", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const secret = `${place.path}/secret`;
  Deno.writeTextFileSync(secret, "not for the guest");
  Deno.chmodSync(secret, 0o640);
  const before = host.lstat(secret);
  const targets = [
    ...[secret, "../secret", "../../../../../../../../etc/passwd"],
    ...["/proc/self/root", "/proc/1/root/etc/passwd", "..", "."],
  ];
  await mounted((session) => {
    for (const [i, target] of targets.entries()) {
      host.symlink(target, `${place.export}/link${i}`);
      const { nodeid, attributes } = session.must(lookup(ROOT, `link${i}`));
      equal(attributes.mode & 0o170000, 0o120000);
      ok(session.ask(open(nodeid, O_RDONLY)).errno !== 0, target);
      ok(session.ask(setattr(nodeid, { size: 0 })).errno !== 0, target);
      session.ask(setattr(nodeid, { mode: 0o777 }));
      session.must(setattr(nodeid, { uid: 1234, gid: 1234 }));
      session.must(setattr(nodeid, { atime: 1n, mtime: 1n }));
      // What is below a file is not asked of the host.
      equal(errnoName(session.ask(lookup(nodeid, "etc")).errno), "ENOTDIR");
      equal(host.lstat(`${place.export}/link${i}`).uid, 1234);
    }
  }, { place });
  deepEqual(host.lstat(secret), before);
});

test("Devices are made, and never opened", async () => {
  using place = exportWorkspace();
  using host = new Host();
  host.mknod(`${place.export}/null`, S_IFCHR | 0o666, 0x103n);
  await mounted((session) => {
    session.must(mknod(ROOT, "zero", S_IFCHR | 0o666, 0x105));
    session.must(mknod(ROOT, "disk", S_IFBLK | 0o666, 0x700));
    for (const name of ["null", "zero", "disk"]) {
      const { nodeid } = session.must(lookup(ROOT, name));
      ok(session.ask(open(nodeid, O_RDWR)).errno !== 0, name);
    }
  }, { place });
});

test("What the caller left open is closed", async () => {
  using place = exportWorkspace();
  await mounted(async (_, pid) => {
    const links = [...(await descriptors(pid)).values()];
    ok(links.some((link) => link.startsWith("socket:")));
    doesNotMatch(links.join("\n"), /^\/(etc.*|proc)$/m);
  }, {
    place,
    program: [
      ...["sh", "-c", 'exec 7</etc 8</etc/passwd 9</proc; exec "$0" "$@"'],
      HELPER,
    ],
  });
});

for (const name of ["sys_chroot", "setuid", "setgid", "dac_override"]) {
  const capability = `CAP_${name.toUpperCase()}`;
  test(`Without ${capability} it refuses to start`, async () => {
    using place = exportWorkspace();
    const { code, stderr } = await runProgram([
      ...[`--shared-dir=${place.export}`, `--socket-path=${place.socket}`],
    ], { program: [...withoutCapability(name), HELPER] });
    equal(code, 1);
    match(
      stderr,
      new RegExp(`error: Cannot jail .*: without ${capability}; start as root`),
    );
  });
}

testsThatNeed("root", "user namespaces")(
  "In a user namespace with one user it serves that one",
  async () => {
    using place = exportWorkspace();
    await mounted((session) => workThrough(session), {
      place,
      program: ["unshare", "--user", "--map-root-user", "--mount", HELPER],
    });
  },
);

testsThatNeed("root", "strace")(
  "No thread but the main one reaches for anything once the jail is entered",
  async () => {
    using place = exportWorkspace();
    const log = `${place.path}/strace`;
    await mounted(async (session) => {
      // Deno waits for half a second before it looks for updates.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      workThrough(session, 1000);
    }, {
      place,
      program: ["strace", "-f", "-o", log, HELPER],
      // A cache of its own, in which Deno has never looked for updates.
      env: { DENO_DIR: `${place.path}/cache` },
    });
    onlyMainThreadReaches(log);
  },
);

test("A whole session uses the export's read permission and libc, and nothing else", async () => {
  using place = exportWorkspace();
  const log = `${place.path}/audit`;
  await mounted((session) => workThrough(session, 1000), {
    place,
    program: [LAUNCHER],
    env: { DENO_AUDIT_PERMISSIONS: log },
  });
  const lines = Deno.readTextFileSync(log).trim().split("\n")
    .map((line): { permission: string; value: string } => JSON.parse(line))
    .map(({ permission, value }) => ({ permission, value }));
  const ffi = lines.filter(({ permission }) => permission === "ffi");
  ok(ffi.length > 0);
  ok(ffi.every(({ value }) => LIBC_CANDIDATES.includes(value)));
  deepEqual(lines.filter(({ permission }) => permission !== "ffi"), [
    { permission: "read", value: place.export },
  ]);
});
