/**
 * A process of another user that holds descriptors which the helper has passed,
 * and makes system calls with them: QEMU, taken over by its guest. In Perl,
 * which can make any call and needs nothing that this user may not read.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import {
  F_SETFD,
  FD_CLOEXEC,
  O_DIRECTORY,
  O_RDONLY,
} from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { type Harness, makeFiles, OPEN } from "./attack.ts";
import { ATTACK_SYMBOLS, SYS } from "./attack_symbols.ts";
import { run } from "./programs.ts";
import { done } from "./said.ts";

/** An ordinary user: nobody. */
export const NOBODY = 65534;

/** One system call: numbers as they are, strings and structures by address. */
export interface Attempt {
  /** What the outcome is called. */
  readonly name: string;
  readonly call: keyof typeof SYS;
  readonly args: readonly (number | string | Uint8Array)[];
  /** Whether the result is a descriptor, whose inode is wanted. */
  readonly opens?: boolean;
}

/**
 * Takes arguments of `name, whether a descriptor comes, number of the call,
 * arguments`, and prints for each its name and `done`, an inode, or an errno.
 */
const SCRIPT = `
  $| = 1;
  for (@ARGV) {
    my ($name, $opens, $number, @args) = split /\\t/;
    @args = map { /^n(.*)/ ? 0 + $1 : pack("H*", substr $_, 1) . "\\0" } @args;
    my $got = syscall(0 + $number, @args);
    if ($got < 0) { print "$name\\terrno ", 0 + $!, "\\n"; next }
    if (!$opens) { print "$name\\tdone\\n"; next }
    open my $file, "<&=", $got or die $!;
    print "$name\\tinode ", (stat $file)[1], "\\n";
  }
`;

/** Runs `use` while children inherit `descriptors`. */
export async function inherited<T>(
  descriptors: readonly number[],
  use: () => Promise<T>,
): Promise<T> {
  const libc: Libc<typeof ATTACK_SYMBOLS> = openLibc(ATTACK_SYMBOLS);
  const mark = (flag: number) => {
    for (const fd of descriptors) libc.symbols.fcntl(fd, F_SETFD, flag);
  };
  try {
    mark(0);
    return await use();
  } finally {
    mark(FD_CLOEXEC);
    libc.close();
  }
}

/** A command as another user, with no right of root's. */
export function asUser(uid: number): string[] {
  const id = String(uid);
  return ["setpriv", "--reuid", id, "--regid", id, "--clear-groups", "--"];
}

/** What the helper passes to a holder. */
export interface Passed {
  /** The export. */
  readonly top: number;
  /** A directory in it. */
  readonly inner: number;
  /** A file in it. */
  readonly file: number;
}

/** Makes what is passed, and `plain` beside the export, which the holder can reach by its own rights. */
export function makeFilesForHolder(
  { host, outside, export: top }: Pick<Harness, "host" | "outside" | "export">,
): void {
  Deno.chmodSync(outside, 0o755);
  makeFiles(host, `${top}/inner`, OPEN);
  for (
    const [path, mode] of [["export/file", 0o644], ["plain", 0o666]] as const
  ) {
    Deno.writeTextFileSync(`${outside}/${path}`, OPEN);
    Deno.chmodSync(`${outside}/${path}`, mode);
  }
}

/**
 * Lets a process with what is passed make attempts, in order. Returns them with
 * what each came to: `done`, `inode N`, or the errno's name.
 *
 * @param wrapper put before the process: {@linkcode asUser}
 */
export async function attempt<A extends Attempt>(
  { client, host }: Harness,
  wrapper: readonly string[],
  attempts: (passed: Passed) => readonly A[],
): Promise<(A & { readonly outcome: string })[]> {
  const passed = {
    top: done(client.open("/", O_DIRECTORY)),
    inner: done(client.open("/inner", O_DIRECTORY)),
    file: done(client.open("/file", O_RDONLY)),
  };
  const asked = attempts(passed);
  const command = [...wrapper, "perl", "-e", SCRIPT, "--", ...asked.map(line)];
  const { code, stdout, stderr } = await inherited(
    Object.values(passed),
    () => run(command),
  );
  for (const fd of Object.values(passed)) host.close(fd);
  equal(code, 0, stderr);
  const outcomes = stdout.trimEnd().split("\n");
  equal(outcomes.length, asked.length, stderr);
  return asked.map((attempt, at) => {
    const [name, what = ""] = outcomes[at]!.split("\t");
    equal(name, attempt.name);
    const errno = /^errno (\d+)$/.exec(what)?.[1];
    return { ...attempt, outcome: errno ? errnoName(Number(errno)) : what };
  });
}

function line({ name, call, args, opens }: Attempt): string {
  const fields = args.map((arg) =>
    typeof arg === "number"
      ? `n${arg}`
      : `h${
        (typeof arg === "string" ? new TextEncoder().encode(arg) : arg).toHex()
      }`
  );
  return [name, opens ? 1 : 0, SYS[call], ...fields].join("\t");
}
