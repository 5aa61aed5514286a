/**
 * Starts that can't succeed: each says in one line what was attempted, on what,
 * why that failed and, where it is not plain, what to do; and what was wrong with
 * the command line has another status than what is wrong with the host.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { testsThatNeed } from "../../support/requirements.ts";
import {
  type ExportWorkspace,
  exportWorkspace,
} from "../../support/workspace.ts";
import { Host } from "../../support/host.ts";
import { HELPER, LAUNCHER } from "../support/helper.ts";
import { runProgram } from "../support/program.ts";

const test = testsThatNeed("root", "unshare");

/** `DIR`, `SOCKET` and `PLACE` stand for the directory, the socket and what both lie in. */
function words(place: ExportWorkspace, line: string): string[] {
  const { export: directory, path, socket } = place;
  return line.split(" ").map((word) =>
    word.replace("DIR", directory).replace("SOCKET", socket)
      .replace("PLACE", path)
  );
}

/** The names in a directory, sorted. */
function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

/** The one line that is not a warning, without the program's name. */
function errorOf(stderr: string): string {
  const lines = stderr.split("\n").filter((line) =>
    line.startsWith("virtfs-vhost-helper: ") && !line.includes(": warning: ")
  );
  equal(lines.length, 1, stderr);
  match(lines[0]!, /: error: Cannot /);
  return lines[0]!.replace("virtfs-vhost-helper: error: ", "");
}

const ON_SOCKET = "--shared-dir DIR --socket-path SOCKET";

/** Wrong on every host: status 2, and the usage follows. */
const USAGE: Readonly<Record<string, string>> = {
  "--shared-dir DIR": "no socket was given; add --fd FD or --socket-path",
  "--fd 3": "no directory to share was given; add --shared-dir DIR",
  "--shared-dir": "Cannot use --shared-dir: its value is missing",
  "--shared-dir --fd 3": "Cannot use --shared-dir: its value is missing",
  "DIR": "only options are known",
  [`-- ${ON_SOCKET}`]:
    "Cannot use --shared-dir after --: only options are known, and they end",
  "--shared-dir DIR --fd x": "Cannot use descriptor x: not a number; give",
  "--shared-dir DIR --fd 99999999999":
    "Cannot use descriptor 99999999999: no descriptor has so high a number; give",
  "--shared-dir DIR --socket-path=": "Cannot make a socket without a name",
  [`--shared-dir DIR --socket-path /${"s".repeat(107)}`]:
    "a socket's path has 1 to 107 bytes, not 108",
  "--shared-dir DIR --fd 3 --socket-path SOCKET":
    "Cannot use --fd and --socket-path together",
  [`${ON_SOCKET} --socket-group=-1`]:
    "Cannot use -1 as an owner: not the name or the number of a user or group",
  [`${ON_SOCKET} --sharedir=/`]: "no such option; did you mean --shared-dir?",
  [`${ON_SOCKET} -x`]: "Cannot use -x: there is no such option",
  [`${ON_SOCKET} --xattr=1`]: "Cannot use --xattr with a value",
  [`${ON_SOCKET} --cache none`]:
    "Cannot use --cache none: not one of auto, always, never, metadata",
  [`${ON_SOCKET} --inode-file-handles never`]:
    "write --inode-file-handles=MODE",
  [`${ON_SOCKET} -o flock`]: "locks hold within one guest",
  [`${ON_SOCKET} -o cache=never`]: "not one of auto, always, none, metadata",
  [`${ON_SOCKET} -o word`]: "Cannot use -o word: there is no such word",
  [`${ON_SOCKET} --rlimit-nofile 10`]: "too few; give 256 at least",
  [`${ON_SOCKET} --rlimit-nofile ten`]: "not a number",
  [`${ON_SOCKET} --map-uid 0:1000:1`]: "Cannot use --map-uid without --map-gid",
  [`${ON_SOCKET} --map-uid 0:99999999999:1 --map-gid 0:1:1`]:
    "Cannot use --map-uid 0:99999999999:1: ids end at 4294967294",
  [`${ON_SOCKET} --map-uid 0:0:1 --map-gid 0:1:1`]: "let HOST begin above 0",
  [`${ON_SOCKET} --uid-map 0:1000:1 --gid-map :0:1000:1:`]:
    "write :GUEST:HOST:COUNT:, three numbers",
  [`${ON_SOCKET} --xattrmap :map::user.:`]: "can't rename attributes yet",
  [`${ON_SOCKET} --security-label`]: "can't label what the guest creates yet",
  [`${ON_SOCKET} --modcaps=+foo`]:
    "Cannot change the capability foo: not the name of one that could be kept",
  [`${ON_SOCKET} --modcaps=+sysadmin`]: "did you mean SYS_ADMIN?",
  [`${ON_SOCKET} --modcaps=-setuid`]: "Cannot do without CAP_SETUID",
  [`${ON_SOCKET} --tag=`]: 'Cannot use the tag "": it has 0 bytes, not 1 to 36',
  [`${ON_SOCKET} --log-level loud`]: "not one of off, error, warn, info",
  [`${ON_SOCKET} --log-level warning`]: "did you mean warn?",
  [`${ON_SOCKET} --seccomp off`]: "not one of kill, log, errno, trap, none",
  [`${ON_SOCKET} --poll-max-us 5000`]:
    "Cannot use --poll-max-us 5000: not a number from 0 to 1000",
};

for (const [line, message] of Object.entries(USAGE)) {
  Deno.test(`Of a command line that can't be meant it tells what is wrong: ${line}`, async () => {
    using place = exportWorkspace();
    const before = [...Deno.readDirSync(place.path)];
    const { code, stdout, stderr } = await runProgram(words(place, line));
    equal(errorOf(stderr).includes(message), true, stderr);
    match(stderr, /\nUsage: .*\nTry .*--help.*\n$/);
    deepEqual({ code, stdout }, { code: 2, stdout: "" });
    deepEqual([...Deno.readDirSync(place.path)], before);
  });
}

/** Wrong on this host: status 1. */
const HERE: Readonly<Record<string, string>> = {
  "--shared-dir PLACE/none --socket-path SOCKET": "no such directory",
  "--shared-dir PLACE/file --socket-path SOCKET": "not a directory",
  // The compiled program was granted all of `/`, which is enough for it.
  ...(HELPER === LAUNCHER && {
    "--shared-dir /dev/shm --socket-path SOCKET":
      "Cannot share /dev/shm: Deno opens nothing in /proc, /sys and /dev",
  }),
  "--shared-dir / --socket-path SOCKET": "a guest would have the host; share",
  "--shared-dir DIR --socket-path PLACE/none/s": "/none; make it first",
  "--shared-dir DIR --socket-path PLACE/file":
    "it exists already and is no socket; choose another name",
  "--shared-dir DIR --socket-path DIR/":
    "it names a directory; add the name of a socket",
  "--shared-dir DIR --socket-path DIR/..":
    "it names a directory; add the name of a socket",
  "--shared-dir DIR --fd 99": "not open; start the helper with the socket",
  "--shared-dir DIR --fd 0": "Cannot use descriptor 0: not a socket",
  "--shared-dir DIR --fd 2": "it is stderr, where the log goes; start",
  [`${ON_SOCKET} --socket-group no-such-group`]:
    "Cannot find a group named no-such-group",
  [`${ON_SOCKET} --rlimit-nofile 999999999`]: "give a lower --rlimit-nofile",
  [`${ON_SOCKET} --map-root 4294967293`]:
    "use --map-uid 0:4294967293:1 --map-gid 0:GID:1",
  [`${ON_SOCKET} --map-root no-such-user`]: "there is no such user",
  [`${ON_SOCKET} --map-root root`]: "that is the host's root",
};

for (const [line, message] of Object.entries(HERE)) {
  test(`What this host does not have or allow is told: ${line}`, async () => {
    using place = exportWorkspace();
    Deno.writeTextFileSync(`${place.path}/file`, "");
    const before = namesIn(place.path);
    const { code, stdout, stderr } = await runProgram(words(place, line));
    equal(errorOf(stderr).includes(message), true, stderr);
    equal(stderr.includes("Usage"), false);
    deepEqual({ code, stdout }, { code: 1, stdout: "" });
    deepEqual(namesIn(place.export), []);
    deepEqual(namesIn(place.path), before);
  });
}

/** By Perl's words for a socket: what the program says of it. */
const SOCKETS: Readonly<Record<string, string>> = {
  "AF_INET, SOCK_STREAM":
    "not a Unix socket, descriptors can't be passed over it",
  "AF_UNIX, SOCK_DGRAM": "not a stream socket",
  "AF_UNIX, SOCK_STREAM":
    "not connected; pass one end of a socketpair(2), or of a connection, or a socket that listens",
};

const perlTest = testsThatNeed("root", "perl");

for (const [made, message] of Object.entries(SOCKETS)) {
  perlTest(
    `A socket on which nobody can be served is refused: ${made}`,
    async () => {
      using place = exportWorkspace();
      const script = `use Socket; $^F = 99; socket(S, ${made}, 0) or die;
      exec @ARGV, "--fd", fileno(S)`;
      const { code, stderr } = await runProgram(
        ["--shared-dir", place.export],
        {
          program: ["perl", "-e", script, HELPER],
        },
      );
      equal(
        errorOf(stderr).replace(/^Cannot use descriptor \d+: /, ""),
        message,
      );
      equal(code, 1);
    },
  );
}

test("With too few files it does not even listen", async () => {
  using place = exportWorkspace();
  const before = namesIn(place.path);
  const { code, stderr } = await runProgram(words(place, ON_SOCKET), {
    program: ["sh", "-c", 'ulimit -n 200 && exec "$@"', "sh", HELPER],
  });
  equal(
    errorOf(stderr),
    "Cannot serve with a limit of 200 open files: raise it to 256 at least (ulimit -n)",
  );
  equal(code, 1);
  deepEqual(namesIn(place.path), before);
});

/** A start that fails once the socket is there: before the jail, and in it. */
for (const call of ["chroot", "listen"]) {
  testsThatNeed("root", "strace")(
    `Neither the socket nor its lock is left where ${call} fails`,
    async () => {
      using place = exportWorkspace();
      const before = namesIn(place.path);
      const { code, stderr } = await runProgram(words(place, ON_SOCKET), {
        program: ["strace", "-f", "-o", "/dev/null", "-e"]
          .concat(`inject=${call}:error=EACCES`, HELPER),
      });
      match(errorOf(stderr), new RegExp(`^Cannot .*${call}.*EACCES`));
      equal(code, 1);
      deepEqual(namesIn(place.path), before);
    },
  );
}

test("Without any rights it says which are missing, and how an ordinary user starts it", async () => {
  using place = exportWorkspace();
  const { code, stderr } = await runProgram(words(place, ON_SOCKET), {
    program: ["setpriv", "--bounding-set=-all", "--inh-caps=-all", HELPER],
  });
  match(errorOf(stderr), /without CAP_.*; start as root, or .*unshare --user/);
  equal(code, 1);
});

test("A group that is not of its user namespace can't own the socket", async () => {
  using place = exportWorkspace();
  const line = `${ON_SOCKET} --socket-group 7`;
  const { code, stderr } = await runProgram(words(place, line), {
    program: ["unshare", "--user", "--map-root-user", "--mount", HELPER],
  });
  match(
    errorOf(stderr),
    /^Cannot make \S+: its owner, user 0 and group 7, is not mapped in this user namespace; choose one that is$/,
  );
  equal(code, 1);
});

test("A directory that its user namespace's root may not enter is told", async () => {
  using place = exportWorkspace();
  Deno.chmodSync(place.export, 0o700);
  using host = new Host();
  host.lchown(place.export, 7, 7);
  const { code, stderr } = await runProgram(words(place, ON_SOCKET), {
    program: ["unshare", "--user", "--map-root-user", "--mount", HELPER],
  });
  match(
    errorOf(stderr),
    /^Cannot jail \S+: fchdir: permission denied \[EACCES\]; choose a directory that whoever starts the helper may enter$/,
  );
  equal(code, 1);
});
