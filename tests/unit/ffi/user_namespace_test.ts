/** User namespaces are made, and nothing of their making is left. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { AT_FDCWD } from "../../../ffi/constants.ts";
import { openLibc } from "../../../ffi/libc.ts";
import { PROXY_FAST, PROXY_SELDOM } from "../../../src/proxy/symbols.ts";
import {
  type UserNamespaceCalls,
  userNamespaceCalls,
} from "../../../ffi/user_namespace.ts";
import { Host } from "../../support/host.ts";
import { threadFiles } from "../../support/processes.ts";
import { testsThatNeed } from "../../support/requirements.ts";

const test = testsThatNeed("root");

/** Descriptors of this process that were not there before; the runtime may close some of its own meanwhile. */
function added(host: Host, before: readonly string[]): string[] {
  return host.names("/proc/self/fd").filter((fd) => !before.includes(fd));
}

function withCalls(
  play: (calls: UserNamespaceCalls, host: Host) => void,
): void {
  const libc = openLibc(PROXY_FAST, PROXY_SELDOM);
  using host = new Host();
  try {
    play(userNamespaceCalls(libc), host);
  } finally {
    libc.close();
  }
}

/** The children of this process that nobody has waited for. */
function children(host: Host): string {
  return [...threadFiles(host, Deno.pid, "children").values()].join("");
}

test("make() makes a user namespace of its own, and leaves no child and no descriptor", () => {
  withCalls((calls, host) => {
    const before = host.names("/proc/self/fd");
    const fd = host.openAt(AT_FDCWD, "/proc/self/ns/user");
    const own = host.fstat(fd).ino;
    host.close(fd);
    const map = "100000 0 65536\n5 100000 1\n";
    const namespaces = [calls.make(map, map), calls.make(map, map)];
    const found = namespaces.map((fd) => host.fstat(fd).ino);
    equal(new Set([own, ...found]).size, 3);
    equal(children(host), "");
    for (const fd of namespaces) calls.close(fd);
    deepEqual(added(host, before), []);
  });
});

test("make() says which map the kernel refuses, and leaves nothing then", () => {
  withCalls((calls, host) => {
    const before = host.names("/proc/self/fd");
    const good = "1 0 1\n";
    for (
      const [uids, gids, message] of [
        ["1 0 0\n", good, "write uid_map: invalid argument [EINVAL]"],
        [good, "1 0 1\n1 5 1\n", "write gid_map: invalid argument [EINVAL]"],
        ["", good, "write uid_map: invalid argument [EINVAL]"],
      ] as const
    ) {
      throws(() => calls.make(uids, gids), { name: "SystemError", message });
    }
    equal(children(host), "");
    deepEqual(added(host, before), []);
  });
});

test("make() takes the longest maps that there are", () => {
  withCalls((calls) => {
    const map = Array.from(
      { length: 340 },
      // In an order that the kernel changes.
      (_, at) => `${1000 - at} ${at * 2} 1\n`,
    ).join("");
    calls.close(calls.make(map, map));
  });
});
