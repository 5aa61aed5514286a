/** What the kernel does to forbidden calls, by each action. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { EACCES, EBADF, ENOSYS, EPERM } from "../../ffi/errno.ts";
import { type SyscallName, syscallNumber } from "../../ffi/syscall_numbers.ts";
import { runJailed } from "../support/jailed.ts";
import { testsThatNeed } from "../support/requirements.ts";
import type { FrontEndName } from "../support/filter_rules.ts";
import { forbiddenCalls, forbiddenWays, WAYS_HERE } from "./forbidden_calls.ts";

const test = testsThatNeed("root");
const arch = Deno.build.arch;
const X32 = 0x40000000;

/** A call as the fixture takes it. */
type Asked = readonly [name: string, call: string];

/** Calls that are allowed with other arguments. */
function asked(ways: ReturnType<typeof forbiddenWays>): Asked[] {
  return ways.flatMap(([name, what, ...args]): Asked[] => {
    const number = syscallNumber(name, arch);
    return number === undefined
      ? []
      : [[`${name}, ${what}`, [number, ...args].join()]];
  });
}

/** Everything forbidden. */
function forbidden(frontEnd: FrontEndName): Asked[] {
  return [
    ...forbiddenCalls(frontEnd).flatMap(({ name, numbers }): Asked[] => {
      const number = numbers[arch === "x86_64" ? 0 : 1];
      return number < 0 ? [] : [[name, String(number)]];
    }),
    ...asked(forbiddenWays(frontEnd)),
  ];
}

const FORBIDDEN = forbidden("proxy");

/** Of the front end of vhost-user-fs, on a descriptor that is not open. */
// deno-fmt-ignore
const ALLOWED: readonly (readonly [SyscallName, ...number[]])[] = [
  ["mmap", 0, 4096, 3, 0x4001, 999, 0], ["mmap", 0, 4096, 3, 0x11, 999, 0],
  ["recvmsg", 999, 0, 0x40000040], ["fcntl", 999, 1030, 0], ["fcntl", 999, 3],
  ["preadv2", 999, 0, 1, 0, 0, 0], ["pwritev2", 999, 0, 1, 0, 0, 0x10],
  ["fstatfs", 999, 0], ["ftruncate", 999, 0], ["fallocate", 999, 0, 0, 1],
  ["fsync", 999], ["fdatasync", 999], ["syncfs", 999],
  ["getdents64", 999, 0, 0], ["lseek", 999, 0, 0],
  ["copy_file_range", 999, 0, 998, 0, 1, 0],
];

const call = (action: string, ...calls: string[]) =>
  runJailed("call_in_jail.ts", [action, ...calls]);

const SOCKET = `${syscallNumber("socket", arch)},1,1`;

for (
  const [name, asked] of [
    ...FORBIDDEN,
    ["socket, on a thread from before the jail", `thread:${SOCKET}`],
  ] as const
) {
  test(`A forbidden call ends the helper: ${name}`, async () => {
    const { signal, lines, errors } = await call("kill", asked);
    deepEqual(lines, ["entered"], errors);
    equal(signal, "SIGSYS");
  });
}

test("With errno every forbidden call fails with EPERM, and the helper lives", async () => {
  const { code, lines, errors } = await call(
    "errno",
    ...FORBIDDEN.map(([, call]) => call),
  );
  equal(code, 0, errors);
  equal(lines.length, FORBIDDEN.length + 1);
  FORBIDDEN.forEach(([name], i) => equal(lines[i + 1], `-1 ${EPERM}`, name));
});

test("vhost-user-fs: with errno every forbidden call fails with EPERM, and the helper lives", async () => {
  const calls = forbidden("vhost-user-fs");
  const { code, lines, errors } = await call(
    "errno/vhost-user-fs",
    ...calls.map(([, call]) => call),
  );
  equal(code, 0, errors);
  equal(lines.length, calls.length + 1);
  calls.forEach(([name], i) => equal(lines[i + 1], `-1 ${EPERM}`, name));
});

for (const [name, way] of asked(WAYS_HERE["vhost-user-fs"])) {
  test(`vhost-user-fs: a forbidden call ends the helper: ${name}`, async () => {
    const { signal, lines, errors } = await call("kill/vhost-user-fs", way);
    deepEqual(lines, ["entered"], errors);
    equal(signal, "SIGSYS");
  });
}

test("vhost-user-fs: calls of requests are made, whatever the kernel says of their arguments", async () => {
  const calls = ALLOWED.map(([name, ...args]) => {
    const number = syscallNumber(name, arch);
    return [number, ...args].join();
  });
  const { code, lines, errors } = await call("kill/vhost-user-fs", ...calls);
  equal(code, 0, errors);
  deepEqual(
    lines.slice(1).map((line) => line.split(" ")[1]),
    ALLOWED.map(() => String(EBADF)),
  );
});

test("With trap a forbidden call raises SIGSYS, which can be caught", async () => {
  const { code, lines, errors } = await call("trap", SOCKET);
  equal(code, 0, errors);
  equal(lines.at(-1), "SIGSYS");
});

for (const action of ["log", "none"]) {
  test(`With ${action} a forbidden call is made`, async () => {
    const { code, lines, errors } = await call(action, SOCKET);
    equal(code, 0, errors);
    match(lines[1] ?? "", /^\d+ /);
  });
}

for (const action of ["kill", "log"]) {
  test(`With ${action}, too, clone3 does not exist and Deno's debugger may not listen`, async () => {
    const { code, lines, errors } = await call(
      action,
      `${syscallNumber("clone3", arch)},0,88`,
      `${syscallNumber("socket", arch)},2,1`,
    );
    equal(code, 0, errors);
    deepEqual(lines, ["entered", `-1 ${ENOSYS}`, `-1 ${EACCES}`]);
  });
}

const x86Test = testsThatNeed("root", arch === "x86_64");
for (const action of ["kill", "errno", "log"]) {
  x86Test(
    `With ${action} a call by x32's numbers ends the helper`,
    async () => {
      const getpid = String(X32 + 39);
      const { signal, lines } = await call(action, getpid);
      deepEqual(lines, ["entered"]);
      equal(signal, "SIGSYS");
    },
  );

  x86Test(
    `With ${action} a call as of a 32-bit program ends the helper`,
    async () => {
      const call = (action: string) =>
        runJailed("call_in_jail.ts", [action, "int80"], {
          grants: ["--allow-ffi"],
        });
      const free = await call("none");
      // A kernel without 32-bit programs.
      if (free.signal === "SIGSEGV") return;
      ok(Number(free.lines[1]) > 0, free.errors);
      const { signal, lines } = await call(action);
      deepEqual(lines, ["entered"]);
      equal(signal, "SIGSYS");
    },
  );
}
