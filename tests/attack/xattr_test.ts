/** Extended attributes of every namespace there is, and of none. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { S_IFIFO } from "../../ffi/constants.ts";
import { attacksThatNeed, OPEN } from "../support/attack.ts";
import {
  bytes,
  fileCapabilities,
  FORBIDDEN,
  found,
} from "../support/forbidden_attributes.ts";
import { done, outcome } from "../support/said.ts";

const test = attacksThatNeed(["root", "xattrs"]);

/** What some file systems have for a file's owner: of the guest's own files, as ACLs are. */
const PECULIAR = [
  ...["system.nfs4_acl", "btrfs.compression", "ceph.dir.layout", "afs.acl"],
  ...["os2.mark", "gnu.translator", "com.apple.quarantine"],
];

test("no attribute but user's and ACLs can be set, and none that is the host's be read, listed or removed", ({ client, host, export: top, stopped, notStopped }) => {
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  Deno.mkdirSync(`${top}/directory`);
  const names = Object.keys(FORBIDDEN);
  const said = new Map<string, Set<string>>();
  for (const path of ["file", "directory"]) {
    for (const [name, value] of Object.entries(FORBIDDEN)) {
      for (const flags of [0, 1, 2, 3, -1]) {
        const answer = client.lsetxattr(`/${path}`, name, value, flags);
        ok(answer.errno !== 0, `${name} was set`);
        const namespace = name.split(".")[0]!;
        const seen = said.get(namespace) ?? new Set<string>();
        said.set(namespace, seen.add(outcome(answer)));
      }
    }
    deepEqual(found(host, `${top}/${path}`, names), []);
  }
  host.setXattr(`${top}/file`, "trusted.secret", bytes("secret"));
  for (const ask of ["lgetxattr", "lgetxattrLength"] as const) {
    equal(outcome(client[ask]("/file", "trusted.secret", 64)), "ENODATA");
  }
  equal(outcome(client.lremovexattr("/file", "trusted.secret")), "EPERM");
  equal(done(client.llistxattr("/file", 4096)).length, 0);
  equal(found(host, `${top}/file`, ["trusted.secret"]).length, 1);
  stopped(
    "LGETXATTR, LLISTXATTR and LREMOVEXATTR of the host's trusted. attributes",
    "the lack of CAP_SYS_ADMIN (ENODATA, not listed, EPERM)",
  );
  const label = client.lsetxattr("/file", "security.selinux", "x", 0);
  if (label.errno === 0) {
    notStopped(
      "LSETXATTR of security.selinux",
      "the kernel leaves it to SELinux and the file's owner; confine the helper by a policy",
    );
  } else stopped("LSETXATTR of security.selinux", outcome(label));
  const peculiar = PECULIAR.map((name) =>
    `${name}: ${outcome(client.lsetxattr("/file", name, "x", 0))}`
  );
  stopped(
    "LSETXATTR of attributes that only some file systems have",
    `the file system (${peculiar.join(", ")})`,
  );
  for (const [namespace, errnos] of said) {
    stopped(
      `LSETXATTR of attributes "${namespace}" with every flag`,
      [...errnos].sort().join(", "),
    );
  }
});

test("file capabilities are neither set nor taken away, and an empty value gives none", ({ client, host, export: top, stopped }) => {
  const name = "security.capability";
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  host.setXattr(`${top}/file`, name, fileCapabilities(0x400));
  equal(outcome(client.lremovexattr("/file", name)), "EPERM");
  equal(
    outcome(client.lsetxattr("/file", name, fileCapabilities(0xfff), 0)),
    "EPERM",
  );
  deepEqual(host.xattr(`${top}/file`, name), fileCapabilities(0x400));
  Deno.writeTextFileSync(`${top}/other`, OPEN);
  // The kernel asks for CAP_SETFCAP only where there is a value.
  const empty = outcome(client.lsetxattr("/other", name, "", 0));
  ok(["done", "EPERM", "EINVAL"].includes(empty), empty);
  // The host finds nothing there, or what is no valid set.
  deepEqual(found(host, `${top}/other`, [name]), []);
  // Writing takes capabilities away, as it does for everybody.
  done(client.truncate("/file", 1n));
  equal(host.xattr(`${top}/file`, name), undefined);
  stopped(
    "LSETXATTR and LREMOVEXATTR of security.capability",
    `the lack of CAP_SETFCAP (EPERM); an empty one gives no right (${empty})`,
  );
});

test("ACLs are the guest's, if they are ACLs", ({ client, host, export: top, stopped }) => {
  const access = "system.posix_acl_access";
  const preset = "system.posix_acl_default";
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  Deno.mkdirSync(`${top}/directory`);
  for (
    const value of [
      ...["", "x", "\x02\0\0", "\x02\0\0\0\x01"].map(bytes),
      new Uint8Array(60_000),
      // Version 2, and an entry of no kind; version 1.
      new Uint8Array([2, 0, 0, 0, 0x77, 0, 7, 0, 0, 0, 0, 0]),
      new Uint8Array([1, 0, 0, 0]),
    ]
  ) {
    for (const name of [access, preset]) {
      const said = outcome(client.lsetxattr("/directory", name, value, 0));
      // A value of nothing takes the ACL away.
      ok(
        ["EINVAL", "EOPNOTSUPP", "ERANGE"].includes(said) ||
          said === "done" && value.length === 0,
        `${name}: ${said}`,
      );
    }
  }
  equal(found(host, `${top}/directory`, [access, preset]).length, 0);
  ok(client.lsetxattr("/file", preset, bytes("x"), 0).errno !== 0);
  stopped(
    "LSETXATTR of malformed ACLs, and of a default ACL on a file",
    "the kernel (EINVAL, EOPNOTSUPP)",
  );
});

test("attributes are of files and directories, not of what is behind a link", ({ client, host, export: top, secrets, stopped }) => {
  host.symlink(`${secrets}/file`, `${top}/link`);
  host.mknod(`${top}/fifo`, S_IFIFO | 0o600);
  host.mknod(`${top}/null`, 0o20600, 0x103n);
  for (const path of ["/link", "/fifo", "/null"]) {
    for (const name of ["user.a", "trusted.a", "security.a"]) {
      equal(outcome(client.lsetxattr(path, name, "x", 0)), "EPERM", path);
      ok(client.lgetxattr(path, name, 16).errno !== 0);
      ok(client.lremovexattr(path, name).errno !== 0);
    }
    equal(done(client.llistxattr(path, 256)).length, 0);
  }
  stopped(
    "attributes of symlinks out of the export, FIFOs and devices",
    "calls that follow no link, and the kernel (EPERM)",
  );
});
