/** A process of the host has a lease on a file, fcntl(2): whoever opens it would wait, for up to 45 seconds. */
import { equal } from "node:assert/strict";
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { setattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { OPEN } from "../../support/attack.ts";
import { attack } from "../support/attack.ts";

const F_SETSIG = 10, F_SETLEASE = 1024;
const F_WRLCK = 1, F_UNLCK = 2;
/** Instead of SIGIO, which would end the test. */
const SIGURG = 23;

attack("a file with a lease is refused, and keeps nobody waiting", (attack) => {
  const { session, host, said, stopped, running: { system } } = attack;
  const path = `${attack.export}/file`;
  Deno.writeTextFileSync(path, OPEN);
  const node = session.must(names.lookup(ROOT, "file")).nodeid;
  const requests = [
    ...[O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC].flatMap((flags) => [
      files.open(node, flags),
      names.create(ROOT, "file", flags, 0o600),
    ]),
    setattr(node, { size: 3 }),
  ];
  const { fcntl } = system.libc.symbols;
  for (const request of requests) {
    const fd = host.openAt(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    equal(fcntl(fd, F_SETSIG, SIGURG), 0);
    equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
    equal(said(request), "EAGAIN", `${request.op}`);
    equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
    host.close(fd);
  }
  equal(host.lstat(path).size, BigInt(OPEN.length));
  equal(said(setattr(node, { size: 3 })), "done");
  const { fh } = session.must(files.open(node, O_RDWR));
  equal(said(files.write(node, fh, 0, new Uint8Array(5))), "done");
  session.must(files.release(node, fh));
  stopped(
    "OPEN, CREATE and SETATTR of a file on which the host has a lease",
    "O_NONBLOCK (EAGAIN)",
  );
}, { frontEnd: { limit: 30_000 } });
