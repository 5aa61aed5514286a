/** The same command lines on ours and on virtiofsd 1.13: both start, or both refuse, with the same status. */
import { equal } from "node:assert/strict";
import { UsageError } from "../../../src/errors.ts";
import { parseArguments } from "../../../src/vhost_user_fs/cli/arguments.ts";
import { lacking } from "../../support/requirements.ts";
import { run } from "../../support/programs.ts";
import { command } from "../support/servers.ts";
import { isThere } from "../support/each_server.ts";

/** There is no such directory: who comes so far has understood all that was said. */
const UNDERSTOOD = 1;
const REFUSED = 2;
const DIRECTORY = "--shared-dir=/nowhere/at/all";
const REST = ["--fd=999", DIRECTORY];

/** Words, and how both end. */
const LINES: readonly (readonly [status: number, ...lines: string[]])[] = [
  [0, "--help", "-h", "--version", "-V", "--print-capabilities"],
  [
    UNDERSTOOD,
    ...["", "-f", "-d", "-dd", "-df"],
    ...["--cache=auto", "--cache never", "--cache=Always", "--cache=METADATA"],
    ...["--sandbox=none", "--sandbox chroot", "--sandbox=Namespace"],
    ...["--seccomp=none", "--seccomp kill", "--seccomp=log", "--seccomp=trap"],
    ...["--log-level=error", "--log-level WARN", "--log-level=Trace"],
    ...["--inode-file-handles=never", "--inode-file-handles=prefer"],
    ...["--inode-file-handles=fallback", "--inode-file-handles=mandatory"],
    ...["--migration-mode=find-paths", "--migration-mode file-handles"],
    ...["--migration-on-error=guest-error", "--migration-on-error abort"],
    "--migration-verify-handles --migration-confirm-paths",
    ...["--xattr", "--posix-acl", "--writeback", "--readonly", "--syslog"],
    ...["--allow-mmap", "--allow-direct-io", "--preserve-noatime"],
    ...["--announce-submounts", "--no-announce-submounts --no-readdirplus"],
    ...["--killpriv-v2 --no-killpriv-v2", "--no-killpriv-v2 --killpriv-v2"],
    ...["--thread-pool-size=0", "--thread-pool-size 64", "--tag=share"],
    ...["--rlimit-nofile=0", "--rlimit-nofile 4096"],
    ...["--modcaps=+sys_admin:-MKNOD", "--modcaps +CAP_SYS_ADMIN"],
    ...["--cache=auto --cache=never", "--fd=998"],
    ...["-o cache=none", "-ocache=metadata", "-o=cache=auto", "-o source=/x"],
    ...["-o xattr,no_xattr,readdirplus,no_readdirplus"],
    ...["-o writeback,no_writeback,allow_direct_io,no_allow_direct_io"],
    ...["-o announce_submounts,killpriv_v2,no_killpriv_v2"],
    ...["-o posix_acl,no_posix_acl,no_security_label"],
    ...["-o no_posix_lock,no_flock", "-o loglevel=err,sandbox=chroot"],
    ...["-o modcaps=+sys_admin", "-o xattr -o cache=always"],
  ],
  [
    REFUSED,
    ...["--bogus", "--shared", "--no-xattr", "operand", "-x"],
    ...["--xattr=yes", "--xattr yes", "--writeback=no", "--cache", "--cache="],
    ...["--cache=none", "--cache=x", "--sandbox=x", "--seccomp=KILL"],
    ...["--log-level=verbose", "--inode-file-handles never"],
    ...["--inode-file-handles=Never", "--inode-file-handles"],
    ...["--migration-mode=x", "--migration-on-error=x", "--xattrmap=x"],
    ...["--translate-uid=x", "--translate-gid=map:1:2", "--uid-map=x"],
    ...["--thread-pool-size=x", "--thread-pool-size=-1", "--rlimit-nofile=x"],
    ...["--tag=", `--tag=${"x".repeat(37)}`],
    ...["--socket-path=/x", "--socket=/x", "--socket-group=root"],
    ...["-o flock", "-o posix_lock", "-o bogus", "-o cache=never"],
    ...["-o cache=NONE", "-o loglevel=WARN", "-o sandbox=none", "-o XATTR"],
    ...["-o no_announce_submounts", "-o timeout=3", "-o log_level=debug"],
  ],
];

/** The status that ours ends with, see program_test.ts. */
function statusOfOurs(args: readonly string[]): number {
  try {
    return parseArguments(args).kind === "serve" ? UNDERSTOOD : 0;
  } catch (error) {
    if (error instanceof UsageError) return REFUSED;
    throw error;
  }
}

Deno.test({
  name: "ours and virtiofsd 1.13 understand the same command lines",
  ignore: lacking("root").length > 0 || !isThere("1.13"),
  async fn() {
    for (const [status, ...lines] of LINES) {
      for (const line of lines) {
        const args = [...line === "" ? [] : line.split(" "), ...REST];
        const { code, output } = await run([...command("1.13")!, ...args]);
        equal(`1.13: ${code}`, `1.13: ${status}`, `${line}: ${output}`);
        equal(`ours: ${statusOfOurs(args)}`, `ours: ${status}`, line);
      }
    }
  },
});
