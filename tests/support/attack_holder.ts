/**
 * A process of another user that holds descriptors which the helper has passed,
 * and makes system calls with them: QEMU, taken over by its guest. In Perl,
 * which can make any call and needs nothing that this user may not read.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { F_SETFD, FD_CLOEXEC } from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { ATTACK_SYMBOLS, SYS } from "./attack_symbols.ts";

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
 * Reads lines of `name, whether a descriptor comes, number of the call,
 * arguments`, and prints for each its name and `done`, an inode, or an errno.
 */
const SCRIPT = `
  $| = 1;
  while (<STDIN>) {
    chomp; my ($name, $opens, $number, @args) = split /\\t/;
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

/**
 * Lets a process with `descriptors` make `attempts`, in order. Returns by name
 * what each came to: `done`, `inode N`, or the errno's name.
 *
 * @param wrapper put before the process: {@linkcode asUser}
 */
export function attempt(
  wrapper: readonly string[],
  descriptors: readonly number[],
  attempts: readonly Attempt[],
): Promise<Map<string, string>> {
  return inherited(descriptors, async () => {
    const [program, ...args] = [...wrapper, "perl", "-e", SCRIPT];
    const child = new Deno.Command(program!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(attempts.map(line).join("")));
    await input.close();
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    equal(code, 0, text(stderr));
    const outcomes = text(stdout).trimEnd().split("\n").map((outcome) => {
      const [name = "", what = ""] = outcome.split("\t");
      const errno = /^errno (\d+)$/.exec(what)?.[1];
      return [name, errno ? errnoName(Number(errno)) : what] as const;
    });
    equal(outcomes.length, attempts.length, text(stderr));
    return new Map(outcomes);
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
  return [name, opens ? 1 : 0, SYS[call], ...fields].join("\t") + "\n";
}
