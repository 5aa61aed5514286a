/**
 * Every kind of request that there is, as a busy guest makes them.
 *
 * @module
 */
import { O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import {
  access,
  getattr,
  getxattr,
  listxattr,
  readlink,
  removexattr,
  setattr,
  setxattr,
  statfs,
  statx,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  fsyncdir,
  opendir,
  readdir,
  readdirplus,
  releasedir,
} from "../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  copyFileRange,
  fallocate,
  flush,
  fsync,
  lseek,
  open,
  read,
  release,
  SEEK_DATA,
  syncfs,
  write,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  link,
  lookup,
  mkdir,
  mknod,
  rename,
  rename2,
  RENAME_NOREPLACE,
  rmdir,
  symlink,
  tmpfile,
  unlink,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  batchForget,
  forget,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import type { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";

const S_IFIFO = 0o010000;
const O_APPEND = 0o2000;

/** Makes them all as root, and, where `uid` is given, what creates as that user. Leaves nothing behind. */
export function workThrough(session: FuseSession, uid?: number): void {
  const { nodeid: top } = session.must(mkdir(ROOT, "top", 0o777));
  const caller = uid === undefined ? {} : { uid, gid: uid };
  session.as(caller, () => {
    session.must({ ...mkdir(top, "directory", 0o755), group: uid ?? 0 });
    session.must(mknod(top, "pipe", S_IFIFO | 0o600));
    session.must(symlink(top, "link", "file"));
  });
  const file = session.as(
    caller,
    () => session.must(create(top, "file", O_RDWR | O_CREAT, 0o644)),
  );
  const { nodeid } = file, { fh } = file.opened;
  files(session, top, nodeid, fh);
  attributes(session, top, nodeid, fh);
  session.must(release(nodeid, fh));
  names(session, top, nodeid);
  directories(session, top);
  for (const name of ["pipe", "link", "file"]) {
    session.must(unlink(top, name));
  }
  session.must(rmdir(top, "directory"));
  session.must(rmdir(ROOT, "top"));
  session.must(forget(nodeid));
  session.must(batchForget([[top, 1]]));
}

function files(
  session: FuseSession,
  top: number,
  nodeid: number,
  fh: bigint,
): void {
  session.must(write(nodeid, fh, 0, new Uint8Array(5000).fill(7)));
  session.must(read(nodeid, fh, 100, 4096));
  session.must(fallocate(nodeid, fh, 8192, 4096));
  session.must(lseek(nodeid, fh, 0, SEEK_DATA));
  session.must(fsync(nodeid, fh));
  session.must(fsync(nodeid, fh, true));
  session.must(flush(nodeid, fh));
  session.ask(syncfs(nodeid));
  const end = { nodeid, fh, offset: 4096 };
  session.ask(copyFileRange({ nodeid, fh, offset: 0 }, end, 1000));
  const { fh: appended } = session.must(open(nodeid, O_WRONLY | O_APPEND));
  session.must(write(nodeid, appended, 0, new Uint8Array(10)));
  session.must(release(nodeid, appended));
  const unnamed = session.ask(tmpfile(top, O_RDWR, 0o600)).value;
  if (unnamed !== undefined) {
    session.must(release(unnamed.nodeid, unnamed.opened.fh));
    session.must(forget(unnamed.nodeid));
  }
}

function attributes(
  session: FuseSession,
  top: number,
  nodeid: number,
  fh: bigint,
): void {
  session.must(getattr(nodeid));
  session.must(setattr(nodeid, { mode: 0o600 }));
  session.must(setattr(nodeid, { uid: 0, gid: 0 }));
  session.must(setattr(nodeid, { size: 100 }));
  session.must(setattr(nodeid, { size: 50, fh }));
  session.must(setattr(nodeid, { atime: 1n, mtime: "now" }));
  session.ask(statx(nodeid));
  session.ask(access(nodeid, 4));
  session.must(statfs(ROOT));
  session.ask(setxattr(nodeid, "user.colour", new Uint8Array(5)));
  session.ask(getxattr(nodeid, "user.colour", 100));
  session.ask(listxattr(nodeid, 100));
  session.ask(removexattr(nodeid, "user.colour"));
  const { nodeid: found } = session.must(lookup(top, "link"));
  session.must(readlink(found));
  session.must(forget(found));
}

function names(session: FuseSession, top: number, nodeid: number): void {
  session.must(link(top, "second", nodeid));
  session.must(forget(nodeid));
  session.must(rename(top, "second", top, "third"));
  session.must(rename2(top, "third", top, "fourth", RENAME_NOREPLACE));
  session.must(unlink(top, "fourth"));
  session.ask(lookup(top, "missing"));
  const { fh } = session.must(open(nodeid, O_RDONLY));
  session.must(release(nodeid, fh));
}

function directories(session: FuseSession, top: number): void {
  const { fh } = session.must(opendir(top));
  session.must(readdir(top, fh, 0n));
  for (const { entry } of session.must(readdirplus(top, fh, 0n))) {
    if (entry.nodeid !== 0) session.must(forget(entry.nodeid));
  }
  session.must(fsyncdir(top, fh));
  session.must(releasedir(top, fh));
}
