/** The command line as values. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { parseArguments, type Source } from "../../../../src/cli/arguments.ts";
import { OPTIONS } from "../../../../src/cli/options.ts";
import {
  DEFAULT_JAIL,
  type JailOptions,
} from "../../../../src/jail/options.ts";

const FD_3: Source = { kind: "descriptor", fd: 3 };
const SERVE = {
  kind: "serve",
  path: "/srv",
  source: FD_3,
  foreground: true,
  dieWithParent: false,
  logLevel: "info",
  logFormat: "text",
  jail: DEFAULT_JAIL,
  devices: true,
  printSandbox: false,
  metrics: { metricsFile: undefined, metricsInterval: 5, stats: false },
} as const;

/** The jail of an argument or two that change it. */
function jail(difference: Partial<JailOptions>) {
  return { jail: { ...DEFAULT_JAIL, ...difference } };
}

for (
  const args of [
    ["-n", "-p", "/srv", "-f", "3"],
    ["-n", "-p/srv", "-f3"],
    ["-p/srv", "-nf3"],
    ["-np", "/srv", "-f", "3"],
    ["-nnp/srv", "-f3", "-n"],
    ["--nodaemon", "--path", "/srv", "--fd", "3"],
    ["--nodaemon", "--path=/srv", "--fd=3"],
    ["--no", "--pa", "/srv", "--f=3"],
    ["--n", "--p=/srv", "--fd", "3"],
    ["-n", "-p", "/first", "-f", "4", "-p", "/srv", "-f", "3"],
    ["-n", "--path=/first", "-p/srv", "--fd=4", "-f", "3"],
    ["operand", "-n", "-p", "/srv", "-", "-f", "3", "operand"],
    ["-n", "-p", "/srv", "-f", "3", "--", "-f", "4", "--wrong"],
    ["-n", "-p", "/srv", "-f", "003"],
    ["-n", "-p", "/srv", "-f", "3", "--log-level", "info"],
    // Whoever uses the units of systemd can take their file back.
    ["-n", "-p", "/srv", "-f", "3", "--metrics-file=/run/a", "--metrics-file="],
    ["-n", "-p", "/srv", "-f", "3", "--log-f", "text", "--log-l=info"],
    // The original takes an owner for a descriptor, too, and does not look at it.
    ["-n", "-p", "/srv", "-f", "3", "-u", "1000", "-g", "root"],
  ]
) {
  Deno.test(`parseArguments() reads ${args.join(" ")}`, () => {
    deepEqual(parseArguments(args), SERVE);
  });
}

for (
  const [args, difference] of [
    [["-p", "/srv", "-f", "3"], { foreground: false }],
    [["-n", "-p", "--", "-f", "3"], { path: "--" }],
    [["-n", "-p", "-f", "-f", "3"], { path: "-f" }],
    [["-n", "--path", "--fd=4", "--fd=3"], { path: "--fd=4" }],
    [["-n", "-p=/srv", "-f3"], { path: "=/srv" }],
    [["-n", "--path==x", "-f3"], { path: "=x" }],
    [["-np", "/srv"], { source: { kind: "passed" } }],
    [["-np", "/srv", "-u", "qemu"], {
      source: { kind: "passed", uid: "qemu" },
    }],
    [["-np/srv", "-f3", "--pid-file", "/run/x"], { pidFile: "/run/x" }],
    [["-np/srv", "-f3", "--pid=/run/x"], { pidFile: "/run/x" }],
    [["-np/srv", "-f3", "--die-with-parent"], { dieWithParent: true }],
    [["-np/srv", "-f3", "--die"], { dieWithParent: true }],
    [["-np/srv", "-f3", "--d"], { dieWithParent: true }],
    [["-np/srv", "-f3", "--log-level=debug"], { logLevel: "debug" }],
    [["-np/srv", "-f3", "--log-format=json"], { logFormat: "json" }],
    [["-np/srv", "-f3", "--readonly"], jail({ readOnly: true })],
    [["-np/srv", "-f3", "--r"], jail({ readOnly: true })],
    [["-np/srv", "-f3", "--seccomp=errno"], jail({ seccomp: "errno" })],
    [
      ["-np/srv", "-f3", "--modcaps", "+setfcap"],
      jail({
        capabilities: 0x880000db,
      }),
    ],
    [
      ["-np/srv", "-f3", "--modcaps=+CAP_SETFCAP:-MKNOD:-fsetid"],
      jail({
        capabilities: 0x800000cb,
      }),
    ],
    [["-np/srv", "-f3", "--modcaps=-CHOWN:+CHOWN"], {}],
    [["-np/srv", "-f3", "--no-devices"], {
      devices: false,
      ...jail({ capabilities: 0x000000db }),
    }],
    [["-np/srv", "-f3", "--no-d", "--modcaps=+MKNOD"], {
      devices: false,
      ...jail({ capabilities: 0x000000db }),
    }],
    [["-np/srv", "-f3", "--print-sandbox"], { printSandbox: true }],
    [["-np/srv", "-f3", "--poll-max-us", "0"], { pollMaxUs: 0 }],
    [["-np/srv", "-f3", "--poll=1000"], { pollMaxUs: 1000 }],
  ] as const
) {
  Deno.test(`parseArguments() reads ${args.join(" ")} in its own way`, () => {
    deepEqual(parseArguments(args), { ...SERVE, ...difference });
  });
}

for (
  const args of [
    ["-s", "/run/x", "-u", "1000", "-g", "kvm"],
    ["-s/run/x", "-u1000", "-gkvm"],
    ["--socket=/run/x", "--uid=1000", "--gid=kvm"],
    ["--so", "/run/x", "--u", "1000", "--g", "kvm"],
    ["--s=/run/x", "-u1", "-g1", "--ui=1000", "--gi", "kvm"],
  ]
) {
  Deno.test(`parseArguments() reads ${args.join(" ")}`, () => {
    deepEqual(parseArguments(["-n", "-p", "/srv", ...args]), {
      ...SERVE,
      source: { kind: "named", path: "/run/x", uid: "1000", gid: "kvm" },
    });
  });
}

Deno.test("parseArguments() takes the largest id, and any name that is none", () => {
  for (const id of ["0", "4294967294", "libvirt-qemu", "_user", "müller"]) {
    const args = ["-p", "/srv", "-s", "x", "-u", id, "-g", id];
    deepEqual(parseArguments(args), {
      ...SERVE,
      foreground: false,
      source: { kind: "named", path: "x", uid: id, gid: id },
    });
  }
});

Deno.test("parseArguments() knows help and version before anything else", () => {
  for (const args of [["-h"], ["-?"], ["-nh?"], ["--help", "-p", "/srv"]]) {
    deepEqual(parseArguments(args), { kind: "help" });
  }
  deepEqual(parseArguments(["--version"]), { kind: "version" });
});

Deno.test("parseArguments() counts the bytes of a socket's path, not its letters", () => {
  const read = (socket: string) =>
    parseArguments(["-p/srv", "-s", socket, "-u0", "-g0"]);
  equal(read("x".repeat(107)).kind, "serve");
  equal(read("ä".repeat(53)).kind, "serve");
  const message = /has 1 to 107 bytes, not 108$/;
  throws(() => read("x".repeat(108)), { name: "UsageError", message });
  throws(() => read("ä".repeat(54)), { name: "UsageError", message });
  throws(() => read(""), {
    name: "UsageError",
    message: /^Cannot make a socket without a name/,
  });
});

for (
  const [args, message] of [
    ["", /^Cannot start: no directory to share was given; add -p DIR$/],
    ["-n -p '' -f 3", /^Cannot start: no directory/],
    ["-n --path= -f 3", /^Cannot start: no directory/],
    ["-n -f 3 -- -p /srv", /^Cannot start: no directory/],
    ["-n -p /srv -f 3x", /^Cannot use descriptor 3x: not a number/],
    ["-n -p /srv -f -1", /^Cannot use descriptor -1: not a number/],
    [
      "-n -p /srv -f 99999999999",
      /^Cannot use descriptor 99999999999: no descriptor has so high a number; /,
    ],
    ["-n -p /srv -f '' -u 1", /^Cannot use descriptor : not a number/],
    ["-n -p /srv -f 0x3", /not a number/],
    ["-n -p /srv -f ３", /not a number/],
    ["-n -p /srv -s sock", /^Cannot make sock: who is to own it\? Add -u UID/],
    ["-n -p /srv -s sock -u 1", /^Cannot make sock: who is to own it\?/],
    ["-n -p /srv -s sock -g 1", /^Cannot make sock: who is to own it\?/],
    ["-n -p /srv -s sock -u 1 -g 1 -f 3", /^Cannot use -f and -s together/],
    ["-n -p /srv -s sock -u -1 -g 1", /^Cannot use -1 as an owner/],
    ["-n -p /srv -s sock -u 1x -g 1", /^Cannot use 1x as an owner/],
    ["-n -p /srv -s sock -u '' -g 1", /^Cannot use an empty name as an owner/],
    ["-n -p /srv -s sock -u 1 -g 4294967295", /^Cannot use 4294967295 as an/],
    ["-n -p /srv -s sock -u 1 -g 0x1", /^Cannot use 0x1 as an owner/],
    ["-n -p /srv -s sock -u a:b -g 1", /^Cannot use a:b as an owner/],
    ["-n -p /srv -f 3 -u -1", /^Cannot use -1 as an owner/],
    ["-p /srv -f 3 --die-with-parent", /^Cannot use --die-with-parent without/],
    [
      "-n -p /srv -f 3 --log-level loud",
      /^Cannot log with level loud: not one/,
    ],
    [
      "-n -p /srv -f 3 --log-format xml",
      /^Cannot log with format xml: not one/,
    ],
    [
      "-n -p /srv -f 3 --seccomp perhaps",
      /^Cannot use the seccomp action perhaps: not one of kill, log/,
    ],
    [
      "-n -p /srv -f 3 --modcaps MKNOD",
      /^Cannot change the capabilities by "MKNOD": write \+NAME or -NAME/,
    ],
    ["-n -p /srv -f 3 --modcaps ''", /^Cannot change the capabilities by ""/],
    [
      "-n -p /srv -f 3 --modcaps=-MKNOD:",
      /^Cannot change the capabilities by ""/,
    ],
    [
      "-n -p /srv -f 3 --modcaps=+CHWON",
      /^Cannot change the capability CHWON: not the name/,
    ],
    [
      "-n -p /srv -f 3 --modcaps=+BPF",
      /^Cannot change the capability BPF: not the name of one that could be kept/,
    ],
    [
      "-n -p /srv -f 3 --modcaps=-setuid",
      /^Cannot do without CAP_SETUID: files could not be created/,
    ],
    [
      "-n -p /srv -f 3 --poll-max-us 1001",
      /^Cannot use --poll-max-us 1001: not a number from 0 to 1000/,
    ],
    ["-n -p /srv -f 3 --poll-max-us=-1", /^Cannot use --poll-max-us -1: not a/],
    ["-x", /^Cannot use -x: there is no such option$/],
    ["-n -px -f3 -nx", /^Cannot use -x: there is no such option$/],
    ["-ä", /^Cannot use -ä: there is no such option$/],
    ["--wrong", /^Cannot use --wrong: there is no such option$/],
    ["--=x", /^Cannot use --: there is no such option$/],
    ["--toString", /^Cannot use --toString: there is no such option$/],
    [
      "--pathx /srv",
      /^Cannot use --pathx: there is no such option; did you mean --path\?$/,
    ],
    ["--bogus x", /^Cannot use --bogus: there is no such option$/],
    ["--read-only", /; did you mean --readonly\?$/],
    ["--pidfile x", /; did you mean --pid-file\?$/],
    ["--daemon", /^Cannot use --daemon: there is no such option$/],
    ["--raedonly", /; did you mean --readonly\?$/],
    ["-p /srv -n --log-level warn", /debug; did you mean warning\?$/],
    ["-p /srv -n --log-level loud", /error, warning, info, debug$/],
    [
      "--log x",
      /^Cannot use --log: it is short for --log-level and --log-form/,
    ],
    ["--nodaemon=1", /^Cannot use --nodaemon with a value: it takes none$/],
    ["--no=", /^Cannot use --nodaemon with a value: it takes none$/],
    ["-n -p", /^Cannot use -p: its value is missing$/],
    ["-n --pat", /^Cannot use --path: its value is missing$/],
    ["-np/srv -nf", /^Cannot use -f: its value is missing$/],
  ] as const
) {
  Deno.test(`parseArguments() refuses ${args || "nothing"}`, () => {
    throws(() => parseArguments(words(args)), { name: "UsageError", message });
  });
}

Deno.test("parseArguments() takes each abbreviation of a name that fits no other", () => {
  const names = Object.keys(OPTIONS);
  const originals = names.filter((name) => "original" in OPTIONS[name as "fd"]);
  for (const name of names) {
    for (let length = 1; length < name.length; length++) {
      const short = name.slice(0, length);
      const fits = (of: string[]) => of.filter((it) => it.startsWith(short));
      const meant = fits(originals).length > 0 ? fits(originals) : fits(names);
      const read = () => parseArguments([`--${short}=`]);
      // Each is refused for what follows: the value, or that it is short for two.
      if (meant.length > 1) throws(read, { message: /it is short for --/ });
      else throws(read, { message: new RegExp(expected(meant[0]!)) });
    }
  }
});

/** What `--NAME=` alone is refused with. */
function expected(name: string): string {
  const { value } = OPTIONS[name as keyof typeof OPTIONS] as { value?: string };
  return value === undefined
    ? `^Cannot use --${name} with a value`
    : "^Cannot start: no directory";
}

function words(line: string): string[] {
  return line === ""
    ? []
    : line.split(" ").map((word) => word === "''" ? "" : word);
}
