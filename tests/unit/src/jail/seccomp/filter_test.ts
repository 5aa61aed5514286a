/** What the filter answers, on both architectures: its program is run here, by hand. */
import { deepEqual, equal } from "node:assert/strict";
import { EACCES, ENOSYS } from "../../../../../ffi/errno.ts";
import {
  type Architecture,
  type SyscallName,
  syscallNumber,
} from "../../../../../ffi/syscall_numbers.ts";
import {
  allowList,
  FRONT_END_NAMES,
  type FrontEndName,
  REQUEST_RULES,
} from "../../../../support/filter_rules.ts";
import {
  encode,
  type Instruction,
} from "../../../../../src/jail/seccomp/bpf.ts";
import { isOneOf } from "../../../../../src/jail/seccomp/rule.ts";
import { runtimeRules } from "../../../../../src/jail/seccomp/runtime_rules.ts";
import { makeFilter, RETURNS } from "../../../../../src/jail/seccomp/filter.ts";
import { answerTo, decode } from "../../../../support/bpf_machine.ts";
import {
  forbiddenCalls,
  forbiddenWays,
} from "../../../../jail/forbidden_calls.ts";

const PID = 4711;
/** Anything that can be told from what is written into the filter. */
const FORBIDDEN = RETURNS.errno | 99;
/** AUDIT_ARCH_*: what the kernel calls each, and others. */
const ABI = { x86_64: 0xc000003e, aarch64: 0xc00000b7 };
const FOREIGN = {
  x86_64: [0x40000003, 0xc00000b7, 0],
  aarch64: [0x40000028, 0xc000003e, 0],
};
const X32 = 0x40000000;

type Arguments = readonly (number | bigint)[];

/** One way to ask a filter. */
class Filter {
  readonly program: readonly Instruction[];

  constructor(
    readonly frontEnd: FrontEndName,
    readonly architecture: Architecture,
    listens = false,
  ) {
    this.program = makeFilter(
      allowList({ pid: PID, listens }, frontEnd),
      architecture,
      FORBIDDEN,
    );
  }

  number(number: number, args: Arguments = []): number {
    return answerTo(this.program, {
      number,
      architecture: ABI[this.architecture],
      args,
    });
  }

  call(name: SyscallName, ...args: Arguments): number | undefined {
    const number = syscallNumber(name, this.architecture);
    return number === undefined ? undefined : this.number(number, args);
  }
}

type Way = readonly [SyscallName, ...Arguments];

/** Arguments with which a call is allowed, for all front ends. */
// deno-fmt-ignore
const ALLOWED_ALWAYS: readonly Way[] = [
  ["clone", 0x3d0f00],
  ["fcntl", 5, 2, 1], ["fcntl", 5, 3],
  ["ioctl", 2, 0x5401],
  ["prctl", 15], ["prctl", 0x53564d41],
  ["mmap", 0, 4096, 3, 0x22, -1], ["mmap", 0, 4096, 0, 0x4022, -1], ["mmap", 0, 4096, 3, 0x32, -1],
  ["mprotect", 0, 4096, 0], ["mprotect", 0, 4096, 1], ["mprotect", 0, 4096, 3],
  ["pkey_mprotect", 0, 4096, 3, 1],
  ["futex", 0, 0x80], ["futex", 0, 0x81], ["futex", 0, 0x189], ["futex", 0, 0x109], ["futex", 0, 10],
  ["tgkill", PID, 1, 6],
  // The kernel does not look at the upper half of an int.
  ["fcntl", 5, 0xdead_0000_0003n], ["tgkill", 0xffff_ffff_0000_0000n | BigInt(PID), 1, 6],
];

/** The same for one of them. */
// deno-fmt-ignore
const ALLOWED_HERE: Readonly<Record<FrontEndName, readonly Way[]>> = {
  proxy: [
    ["fcntl", 5, 4, 0], ["ioctl", 5, 0x80087601], ["setsockopt", 5, 1, 20],
  ],
  "vhost-user-fs": [
    ["mmap", 0, 4096, 3, 0x4001, 5, 0], ["mmap", 0x10000, 4096, 3, 0x11, 5, 0],
    ["recvmsg", 5, 0, 0x40000040], ["fcntl", 5, 1030, 0],
    ["setgroups", 0, 0], ["setgroups", 1, 0],
    ["preadv2", 5, 0, 1, 0, 0, 0], ["pwritev2", 5, 0, 1, 0, 0, 0],
    ["pwritev2", 5, 0, 1, 0, 0, 0x10], ["openat2", 5, 0, 0, 24],
    ["unlinkat", 5, 0, 0], ["unlinkat", 5, 0, 0x200],
    ["linkat", -100, 0, 5, 0, 0x400], ["fchownat", 5, 0, 0, 0, 0x1000],
    ["utimensat", -100, 0, 0, 0], ["utimensat", 5, 0, 0, 0x1000], ["faccessat2", 5, 0, 2, 0x1200],
    ["epoll_create1", 0x80000], ["eventfd2", 0, 0x80000],
  ],
};

const FILTERS = FRONT_END_NAMES.flatMap((frontEnd) =>
  (["x86_64", "aarch64"] as const).map((architecture) =>
    [frontEnd, architecture] as const
  )
);

for (const [frontEnd, architecture] of FILTERS) {
  const which = `${frontEnd}, ${architecture}`;
  const filter = new Filter(frontEnd, architecture);
  const listening = new Filter(frontEnd, architecture, true);

  Deno.test(`${which}: calls that do harm are forbidden, listening or not`, () => {
    for (const { name, numbers } of forbiddenCalls(frontEnd)) {
      const number = numbers[architecture === "x86_64" ? 0 : 1];
      if (number < 0) continue;
      for (const which of [filter, listening]) {
        equal(which.number(number), FORBIDDEN, name);
        equal(which.number(number, Array(6).fill(~0)), FORBIDDEN, name);
      }
    }
  });

  Deno.test(`${which}: allowed calls are forbidden with other arguments`, () => {
    for (const [name, what, ...args] of forbiddenWays(frontEnd)) {
      equal(filter.call(name, ...args), FORBIDDEN, `${name}: ${what}`);
    }
  });

  Deno.test(`${which}: allowed calls are allowed with their arguments`, () => {
    const ways = [...ALLOWED_ALWAYS, ...ALLOWED_HERE[frontEnd]];
    for (const [name, ...args] of ways) {
      equal(filter.call(name, ...args), RETURNS.allow, `${name} ${args}`);
    }
    const rules = allowList({ pid: 1, listens: true }, frontEnd);
    for (const { calls, checks, errno } of rules) {
      if (checks !== undefined || errno !== undefined) continue;
      for (const name of calls) {
        const answer = listening.call(name, ~0, ~0, ~0, ~0, ~0, ~0);
        equal(answer ?? RETURNS.allow, RETURNS.allow, name);
      }
    }
  });

  Deno.test(`${which}: no number that is not on the list is allowed`, () => {
    const listed = new Set(
      allowList({ pid: PID, listens: true }, frontEnd)
        .flatMap(({ calls }) => calls)
        .map((name) => syscallNumber(name, architecture)),
    );
    for (let number = 0; number < 2000; number++) {
      if (!listed.has(number)) equal(listening.number(number), FORBIDDEN);
    }
  });

  Deno.test(`${which}: no call is listed twice for the same reason`, () => {
    const runtime = runtimeRules({ pid: PID, listens: true });
    for (const rules of [REQUEST_RULES[frontEnd], runtime]) {
      const names = rules.flatMap(({ calls }) => calls);
      deepEqual(names, [...new Set(names)]);
    }
  });

  Deno.test(`${which}: a call that stands in two rules is allowed where one of them holds`, () => {
    const rules = [
      { calls: ["ioctl"], checks: [isOneOf(1, 7)], why: "" },
      { calls: ["read", "ioctl"], checks: [isOneOf(1, 8)], why: "" },
    ] as const;
    const program = makeFilter(rules, architecture, FORBIDDEN);
    for (const request of [6, 7, 8, 9]) {
      const answer = answerTo(program, {
        number: syscallNumber("ioctl", architecture)!,
        architecture: ABI[architecture],
        args: [5, request],
      });
      const allowed = request === 7 || request === 8;
      equal(answer, allowed ? RETURNS.allow : FORBIDDEN, String(request));
    }
  });

  Deno.test(`${which}: a connection is accepted only where one is awaited`, () => {
    equal(filter.call("accept4", 5), FORBIDDEN);
    equal(listening.call("accept4", 5), RETURNS.allow);
    equal(filter.call("getsockopt", 5, 1, 17), FORBIDDEN);
    equal(listening.call("getsockopt", 5, 1, 17), RETURNS.allow);
    equal(listening.call("getsockopt", 5, 1, 31), FORBIDDEN);
  });

  Deno.test(`${which}: libc is told that clone3 does not exist, and Deno that its debugger may not listen`, () => {
    equal(filter.call("clone3", 0, 88), RETURNS.errno | ENOSYS);
    equal(filter.call("socket", 2, 0x80001), RETURNS.errno | EACCES);
  });

  Deno.test(`${which}: calls of another ABI are killed, whatever else is done with forbidden ones`, () => {
    for (const abi of FOREIGN[architecture]) {
      for (const number of [0, 1, 39, 257, 11, 437]) {
        equal(
          answerTo(filter.program, { number, architecture: abi }),
          RETURNS.kill,
        );
      }
    }
    if (architecture !== "x86_64") return;
    for (const number of [0, 1, 39, 59, 257, 0x3fffffff]) {
      equal(filter.number((number | X32) >>> 0), RETURNS.kill);
    }
    equal(filter.number(0xffffffff), RETURNS.kill);
    equal(filter.number(X32 - 1), FORBIDDEN);
  });

  Deno.test(`${which}: the program is encoded as the kernel reads it`, () => {
    deepEqual(decode(encode(filter.program)), filter.program);
  });
}

for (const frontEnd of FRONT_END_NAMES) {
  const rules = allowList({ pid: PID, listens: true }, frontEnd);

  Deno.test(`${frontEnd}: whatever is done with forbidden calls, the rest of the filter is the same`, () => {
    const shape = (forbidden: number) =>
      makeFilter(rules, "x86_64", forbidden).map((instruction) =>
        instruction.code === 0x06 && instruction.k === forbidden
          ? "forbidden"
          : instruction
      );
    const { trap, log } = RETURNS;
    deepEqual(shape(trap), shape(log));
  });

  Deno.test(`${frontEnd}: the list says why each rule is there`, () => {
    for (const { calls, why } of rules) {
      equal(why.length > 5, true, calls.join());
    }
  });
}
