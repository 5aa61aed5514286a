/** What QEMU can do to the export, and to the mount, by the descriptors that it has been given. */
import { deepEqual, match } from "node:assert/strict";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE_BIT,
  S_IFCHR,
  S_IFIFO,
} from "../../ffi/constants.ts";
import { attacksThatNeed, type Harness } from "../support/attack.ts";
import {
  asUser,
  type Attempt,
  attempt,
  makeFilesForHolder,
  NOBODY,
  type Passed,
} from "../support/attack_holder.ts";

const test = attacksThatNeed(["root", "xattrs", "setpriv", "perl"], {
  prepare: makeFilesForHolder,
});

const AT_SYMLINK_FOLLOW = 0x400;
/** open_tree(2). */
const OPEN_TREE_CLONE = 1;
/** move_mount(2). */
const MOVE_MOUNT_F_EMPTY_PATH = 4;
/** `struct mount_attr` that takes MOUNT_ATTR_NOSUID and MOUNT_ATTR_NODEV away. */
const DISARM = new Uint8Array(new BigUint64Array([0n, 6n, 0n, 0n]).buffer);
const NULL = 0x103;

/** An attempt, and what it may come to. */
type Try = Attempt & { readonly expected: RegExp };

function attemptTo(
  name: string,
  expected: RegExp,
  call: Attempt["call"],
  ...args: Attempt["args"]
): Try {
  return { name, expected, call, args };
}

/** What would change the export: a user has to be refused as by its mode. */
function changes({ top, inner, file }: Passed): Try[] {
  const magic = `/proc/self/fd/${file}`;
  const denied = /^EACCES$/, notOwner = /^EPERM$/;
  const to = attemptTo;
  return [
    to("chmod root's file", notOwner, "fchmodat", top, "file", 0o4777),
    to("chmod it by /proc", notOwner, "fchmodat", AT_FDCWD, magic, 0o777),
    to("chown it", notOwner, "fchownat", top, "file", NOBODY, NOBODY, 0),
    to("mkdir", denied, "mkdirat", top, "new", 0o777),
    to("mknod a FIFO", denied, "mknodat", top, "new", S_IFIFO | 0o666, 0),
    to("mknod a device", denied, "mknodat", top, "new", S_IFCHR, NULL),
    to("symlink", denied, "symlinkat", "x", top, "new"),
    to("unlink", denied, "unlinkat", top, "file", 0),
    to("rename inside", denied, "renameat2", top, "file", inner, "f", 0),
    to("create", denied, "openat", top, "new", O_CREAT | O_RDWR, 0o666),
    to(
      ...["make a file without a name", denied, "openat", top, "."] as const,
      ...[O_TMPFILE_BIT | O_DIRECTORY | O_RDWR, 0o666],
    ),
    to("write by /proc", denied, "openat", AT_FDCWD, magic, O_RDWR),
    to("read a private file", denied, "openat", inner, "file", O_RDONLY),
    to(
      ...["link the descriptor (AT_EMPTY_PATH)", /^ENOENT$/] as const,
      ...["linkat", file, "", top, "new", AT_EMPTY_PATH] as const,
    ),
    to(
      ...["link the descriptor by /proc", /^(EACCES|EPERM)$/] as const,
      ...["linkat", AT_FDCWD, magic, top, "new", AT_SYMLINK_FOLLOW] as const,
    ),
  ];
}

/** What would join the export and the outside: not even root can. */
function crossings({ top, file }: Passed, { outside }: Harness): Try[] {
  const [magic, plain] = [`/proc/self/fd/${file}`, `${outside}/plain`];
  const to = attemptTo;
  const no = /^EXDEV$/;
  return [
    to("rename out", no, "renameat2", top, "file", AT_FDCWD, `${plain}2`, 0),
    to("rename in", no, "renameat2", AT_FDCWD, plain, top, "stolen", 0),
    to("exchange", no, "renameat2", AT_FDCWD, plain, top, "file", 2),
    to("hard link in", no, "linkat", AT_FDCWD, plain, top, "hard", 0),
    to("hard link out", no, "linkat", top, "file", AT_FDCWD, `${plain}2`, 0),
    to(
      ...["hard link out by /proc", no, "linkat", AT_FDCWD, magic] as const,
      ...[AT_FDCWD, `${plain}2`, AT_SYMLINK_FOLLOW],
    ),
  ];
}

/** What would change the mount, or go past it: root may. */
function onTheMount({ top }: Passed, { outside }: Harness): Try[] {
  const to = attemptTo;
  const no = /^EPERM$/;
  // struct file_handle of an inode of ext4, the second is a root: 8 bytes, type 1 (FILEID_INO32_GEN).
  const handle = new Uint8Array(new Uint32Array([8, 1, 2, 0]).buffer);
  return [
    to("chroot to it", no, "chroot", `/proc/self/fd/${top}`),
    to(
      ...["clone its mount", no, "open_tree", top, ""] as const,
      OPEN_TREE_CLONE | AT_EMPTY_PATH,
    ),
    to(
      ...["mount its mount", no, "move_mount", top, "", AT_FDCWD] as const,
      ...[`${outside}/plain`, MOVE_MOUNT_F_EMPTY_PATH],
    ),
    to(
      ...["take nodev and nosuid away", no, "mount_setattr", top] as const,
      ...["", AT_EMPTY_PATH, DISARM, DISARM.length],
    ),
    to(
      ...["open any file of the disk by handle", no] as const,
      ...["open_by_handle_at", top, handle, O_RDONLY] as const,
    ),
  ];
}

test("a user changes by a passed descriptor what it could change itself", async (harness) => {
  const { host, export: top, outside } = harness;
  const tried = await attempt(harness, asUser(NOBODY), (passed) => [
    ...changes(passed),
    ...crossings(passed, harness),
    ...onTheMount(passed, harness),
  ]);
  for (const { name, call, expected, outcome } of tried) {
    match(outcome, expected, name);
    harness.stopped(
      `to ${name}, by a passed descriptor, as a user`,
      `${call}(2), ${outcome}`,
    );
  }
  deepEqual(host.names(top), ["file", "inner"]);
  deepEqual(host.names(outside), ["export", "plain", "secrets"]);
});

test("root can't join the export and the outside, but take the mount apart", async (harness) => {
  const { host, outside } = harness;
  const crossed = await attempt(
    harness,
    [],
    (passed) => crossings(passed, harness),
  );
  for (const { name, call, expected, outcome } of crossed) {
    match(outcome, expected, name);
    harness.stopped(
      `to ${name}, by a passed descriptor, as root`,
      `the private mount: ${call}(2), ${outcome}`,
    );
  }
  // Not that which would leave a mount behind.
  const onMount = await attempt(
    harness,
    [],
    (passed) =>
      onTheMount(passed, harness).filter(({ call }) => call !== "move_mount"),
  );
  for (const { name, call, outcome } of onMount) {
    const what = `to ${name}, by a passed descriptor, as root`;
    if (outcome !== "done") harness.stopped(what, `${call}(2), ${outcome}`);
    else {
      harness.notStopped(what, "root has the host anyway; make QEMU a user");
    }
  }
  deepEqual(host.names(outside), ["export", "plain", "secrets"]);
});
