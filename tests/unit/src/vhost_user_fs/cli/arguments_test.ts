/** The command line, from words to values. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { capabilityNames } from "../../../../../ffi/capabilities.ts";
import { UsageError } from "../../../../../src/errors.ts";
import {
  parseArguments,
  type ServeCommand,
} from "../../../../../src/vhost_user_fs/cli/arguments.ts";

/** What is needed, and what `line` says besides. */
function parse(line: string): ServeCommand {
  const words = line.split(" ").filter((word) => word !== "");
  const command = parseArguments(["--shared-dir=/d", "--fd=7", ...words]);
  equal(command.kind, "serve");
  return command as ServeCommand;
}

const refuses = (args: readonly string[], message: RegExp) =>
  throws(
    () => parseArguments(args),
    (error) => error instanceof UsageError && message.test(error.message),
  );

Deno.test("The defaults are virtiofsd's", () => {
  deepEqual(parse(""), {
    kind: "serve",
    path: "/d",
    source: { kind: "descriptor", fd: 7, mayListen: true },
    files: {
      cache: "auto",
      xattr: false,
      readdirplus: true,
      killprivV2: false,
      posixAcl: "never",
      directIo: false,
      allowMmap: false,
      announceSubmounts: true,
      preserveNoatime: false,
    },
    jail: {
      readOnly: false,
      ids: undefined,
      capabilities: 0x0800_00db,
      seccomp: "kill",
      files: { count: 1_000_000, required: false },
    },
    logLevel: "info",
    logFormat: "text",
    syslog: false,
    tag: undefined,
    dieWithParent: false,
    reconnect: false,
    printSandbox: false,
    metrics: { metricsFile: undefined, metricsInterval: 5, stats: false },
    notes: [],
  });
});

Deno.test("A value follows a space or =", () => {
  equal(parse("--cache never").files.cache, "never");
  equal(parse("--cache=never").files.cache, "never");
  refuses(["--cache"], /value is missing/);
  refuses(["--cache", "--xattr"], /value is missing/);
  refuses(["--xattr=yes"], /takes none/);
});

Deno.test("Some values follow = alone", () => {
  equal(parse("--inode-file-handles=never").notes.length, 0);
  refuses(
    ["--inode-file-handles", "never"],
    /write --inode-file-handles=MODE/,
  );
  // What follows a space is something else.
  refuses(["--posix-acl", "auto"], /Cannot use auto/);
});

Deno.test("The last one counts", () => {
  equal(parse("--cache=never --cache=always").files.cache, "always");
  equal(parse("--shared-dir=/other").path, "/other");
  const { metricsFile } = parse("--metrics-file=/a --metrics-file=").metrics;
  equal(metricsFile, undefined);
  equal(parse("-o source=/other").path, "/other");
  equal(parse("-o source=/other --shared-dir /third").path, "/third");
  const { killprivV2 } = parse("--killpriv-v2 --no-killpriv-v2").files;
  equal(killprivV2, false);
  equal(parse("--no-killpriv-v2 --killpriv-v2").files.killprivV2, true);
  equal(
    parse("--no-announce-submounts --announce-submounts").files
      .announceSubmounts,
    true,
  );
});

Deno.test("Names are not abbreviated, and there are no operands", () => {
  refuses(["--shared"], /no such option; did you mean --shared-dir/);
  refuses(["--compat=x"], /no such option/);
  refuses(["-x"], /no such option/);
  refuses(["/d"], /only options/);
  refuses(["--", "/d"], /only options/);
});

Deno.test("One socket is needed, and no more", () => {
  refuses(["--shared-dir=/d"], /no socket/);
  refuses(["--fd=7"], /no directory/);
  const both = ["--shared-dir=/d", "--fd=7"];
  refuses([...both, "--socket-path=/s"], /--fd and --socket-path together/);
  refuses([...both, "--socket=/s"], /together/);
  refuses([...both, "--socket-group=kvm"], /--fd and --socket-group together/);
  refuses(["--shared-dir=/d", "--fd=x"], /not a number/);
  refuses(["--shared-dir=/d", "--socket-path="], /a socket without a name/);
  const named = parseArguments([
    ...["--shared-dir=/d", "--socket", "/s", "--socket-group", "kvm"],
  ]);
  deepEqual((named as ServeCommand).source, {
    kind: "locked",
    path: "/s",
    group: "kvm",
  });
});

Deno.test("What asks only to be told is answered, whatever stands beside", () => {
  equal(parseArguments(["--version"]).kind, "version");
  equal(parseArguments(["-V"]).kind, "version");
  equal(parseArguments(["--cache", "x", "-h"]).kind, "help");
  equal(
    parseArguments(["--no-such", "--print-capabilities"]).kind,
    "capabilities",
  );
});

Deno.test("The words of -o mean options", () => {
  const { files, jail, logLevel, path } = parse(
    "-o source=/a,,b,cache=none,xattr,no_readdirplus,killpriv_v2,allow_direct_io,modcaps=+setfcap -ologlevel=err",
  );
  equal(path, "/a,b");
  deepEqual(files, {
    ...parse("").files,
    cache: "never",
    xattr: true,
    readdirplus: false,
    killprivV2: true,
    directIo: true,
  });
  equal(capabilityNames(jail.capabilities).includes("SETFCAP"), true);
  equal(logLevel, "error");
  equal(parse("--xattr -o no_xattr").files.xattr, false);
  equal(parse("-o no_posix_lock,no_flock").path, "/d");
  for (const word of ["flock", "posix_lock", "timeout=1", "cache=never", "x"]) {
    refuses(["-o", word], new RegExp(`Cannot use -o ${word}: `));
  }
  refuses(["-o"], /value is missing/);
});

Deno.test("What is not there yet is refused where it would be missed", () => {
  for (
    const [option, message] of [
      ["--xattrmap=:map::user.virtiofs.:", /can't rename/],
      ["--security-label", /can't label/],
      ["--security-label=auto", /can't label/],
      ["--translate-uid=squash-guest:0:1000:1", /only map/],
    ] as const
  ) {
    refuses(["--shared-dir=/d", "--fd=7", option], message);
  }
});

Deno.test("What would not be missed is taken, and told", () => {
  const told = (line: string) => parse(line).notes.length;
  for (
    const line of [
      "--thread-pool-size=0 --thread-pool-size=1",
      "--sandbox namespace",
      "--posix-acl=never --security-label=never",
      "--posix-acl=auto",
      "--posix-acl",
      "--inode-file-handles=never",
      "--tag=share",
    ]
  ) {
    equal(told(line), 0, line);
  }
  for (
    const line of [
      "--thread-pool-size=64",
      "--sandbox none",
      "--writeback",
      "--migration-mode=find-paths --migration-on-error=abort",
      "-f",
      "-o xattr",
    ]
  ) {
    equal(told(line), 1, line);
  }
  refuses(["--shared-dir=/d", "--fd=7", "--thread-pool-size=x"], /number/);
  refuses(["--shared-dir=/d", "--fd=7", `--tag=${"x".repeat(37)}`], /37 bytes/);
  refuses(["--cache=sometimes"], /not one of auto, always, never, metadata/);
});

Deno.test("An ACL brings attributes", () => {
  for (
    const [line, xattr, posixAcl] of [
      ["", false, "never"],
      ["--posix-acl=never", false, "never"],
      ["--posix-acl=auto", true, "auto"],
      ["--posix-acl=always", true, "always"],
      ["--posix-acl", true, "always"],
      ["-o posix_acl", true, "always"],
      ["--posix-acl -o no_posix_acl,no_xattr", false, "never"],
    ] as const
  ) {
    const { files } = parse(line);
    deepEqual([files.xattr, files.posixAcl], [xattr, posixAcl], line);
  }
});

Deno.test("A guest that keeps nothing gets no attributes with names", () => {
  equal(parse("--cache=never").files.readdirplus, false);
  equal(parse("--cache=metadata").files.readdirplus, true);
});

Deno.test("The limit of open files is exact where it is given", () => {
  deepEqual(parse("--rlimit-nofile=5000").jail.files, {
    count: 5000,
    required: true,
  });
  equal(parse("--rlimit-nofile=0").jail.files, undefined);
  refuses(["--shared-dir=/d", "--fd=7", "--rlimit-nofile=9"], /too few/);
});

Deno.test("Ids are mapped by options of our own", () => {
  const { jail } = parse("--map-uid=0:1000:2 --map-gid=0:1000:2");
  deepEqual(jail.ids, {
    kind: "ranges",
    uids: [{ guest: 0, host: 1000, count: 2 }],
    gids: [{ guest: 0, host: 1000, count: 2 }],
  });
  equal(capabilityNames(jail.capabilities).includes("MKNOD"), false);
  deepEqual(parse("--map-root=me").jail.ids, {
    kind: "root",
    user: "me",
    instead: ["--map-uid", "--map-gid"],
  });
  refuses(
    ["--shared-dir=/d", "--fd=7", "--map-uid=0:1:1"],
    /--map-uid without --map-gid/,
  );
});

Deno.test("What would be a user namespace is a mapping", () => {
  for (const separator of [":", "/", "é"]) {
    const map = ["", 0, 100000, 10, ""].join(separator);
    deepEqual(parse(`--uid-map=${map} --gid-map=${map}`).jail.ids, {
      kind: "ranges",
      uids: [{ guest: 0, host: 100000, count: 10 }],
      gids: [{ guest: 0, host: 100000, count: 10 }],
    });
  }
  for (
    const [line, message] of [
      ["--uid-map=:0:1000:1:", /--uid-map without --gid-map/],
      ["--uid-map=0:1000:1 --gid-map=:0:1000:1:", /write :GUEST:HOST:COUNT:/],
      ["--uid-map=:0:1000/1: --gid-map=:0:1:1:", /write :GUEST:HOST:COUNT:/],
      ["--uid-map=:0:0:1: --gid-map=:0:1:1:", /let HOST begin above 0/],
      ["--uid-map=:0:1:1: --gid-map=:0:1:1: --map-root=me", /together/],
    ] as const
  ) {
    refuses(
      [..."--shared-dir=/d --fd=7".split(" "), ...line.split(" ")],
      message,
    );
  }
});

Deno.test("Translations of ids that leave nothing out are a mapping", () => {
  const rules = (...all: string[]) =>
    ["uid", "gid"].flatMap((what) =>
      all.map((rule) => `--translate-${what}=${rule}`)
    ).join(" ");
  const whole = rules("forbid-guest:10:4294967285", "map:0:100000:10");
  deepEqual(parse(whole).jail.ids, {
    kind: "ranges",
    uids: [{ guest: 0, host: 100000, count: 10 }],
    gids: [{ guest: 0, host: 100000, count: 10 }],
  });
  refuses(
    [...`--shared-dir=/d --fd=7 ${rules("map:0:100000:10")}`.split(" ")],
    /the guest's 10 is neither mapped nor forbidden/,
  );
  refuses(
    [...`--shared-dir=/d --fd=7 --map-root=me ${whole}`.split(" ")],
    /together/,
  );
});
