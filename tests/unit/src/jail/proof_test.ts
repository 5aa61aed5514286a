/** The proof finds each thing that can be wrong with a jail. */
import { deepEqual, throws } from "node:assert/strict";
import { SEVEN } from "../../../../src/identity.ts";
import { ST_NODEV, ST_NOSUID, ST_RDONLY } from "../../../../ffi/constants.ts";
import { ENOENT } from "../../../../ffi/errno.ts";
import { parseThread, type ThreadState } from "../../../../ffi/proc.ts";
import { SystemError } from "../../../../ffi/system_error.ts";
import { IdMap } from "../../../../src/jail/id_map.ts";
import {
  mountFaults,
  rootFaults,
  threadFaults,
  threadRoot,
  threadRootFaults,
} from "../../../../src/jail/proof.ts";

const MAIN = 10;
const PLAN = {
  capabilities: SEVEN,
  strippedThreads: true,
  droppedGroups: true,
};
const HELD = BigInt(SEVEN);

const main: ThreadState = {
  tid: MAIN,
  uids: [0, 0, 0, 0],
  gids: [0, 0, 0, 0],
  groups: [],
  inheritable: 0n,
  permitted: HELD,
  effective: HELD,
  bounding: 0n,
  ambient: 0n,
  noNewPrivs: false,
  filtered: false,
};
const sibling: ThreadState = {
  ...main,
  tid: 11,
  uids: [65534, 65534, 65534, 65534],
  permitted: 0n,
  effective: 0n,
  bounding: 0x1ffffffffffn,
};

Deno.test("threadFaults() finds nothing wrong with threads as planned", () => {
  deepEqual(threadFaults(PLAN, MAIN, [main, sibling]), []);
});

for (
  const [what, threads, fault] of [
    ["a missing main thread", [sibling], "thread 10 is not listed in /proc"],
    [
      "a capability too many",
      [{ ...main, permitted: HELD | 1n << 21n }],
      "thread 10 has other permitted capabilities than planned",
    ],
    [
      "a capability too few",
      [{ ...main, effective: HELD & ~1n }],
      "thread 10 has other effective capabilities than planned",
    ],
    [
      "an inheritable one",
      [{ ...main, inheritable: 1n }],
      "thread 10 has inheritable capabilities",
    ],
    [
      "an ambient one",
      [{ ...main, ambient: 1n }],
      "thread 10 has ambient capabilities",
    ],
    [
      "a bounding set",
      [{ ...main, bounding: 1n << 40n }],
      "thread 10 has a bounding set",
    ],
    ["a saved uid", [{ ...main, uids: [0, 0, 5, 0] }], "thread 10 is not root"],
    [
      "a group",
      [{ ...main, gids: [0, 5, 0, 0] }],
      "thread 10 is not in group 0",
    ],
    [
      "a supplementary group",
      [{ ...main, groups: [4] }],
      "thread 10 has supplementary groups",
    ],
    [
      "a sibling with a capability",
      [main, { ...sibling, permitted: 1n }],
      "thread 11 has capabilities",
    ],
    [
      "a sibling that can be root again",
      [main, { ...sibling, uids: [65534, 65534, 0, 65534] }],
      "thread 11 is root",
    ],
  ] as const
) {
  Deno.test(`threadFaults() finds ${what}`, () => {
    deepEqual(threadFaults(PLAN, MAIN, threads), [fault]);
  });
}

Deno.test("mountFaults() finds each flag that is missing", () => {
  const plan = { privateMount: true, readOnly: true };
  deepEqual(mountFaults(plan, ST_NODEV | ST_NOSUID | ST_RDONLY), []);
  deepEqual(mountFaults(plan, 0), [
    "the export is not nosuid",
    "the export is not nodev",
    "the export is not read-only",
  ]);
  deepEqual(mountFaults({ privateMount: false, readOnly: false }, 0), []);
});

Deno.test("rootFaults() finds a root that is another directory, device or mount", () => {
  const wanted = { device: "8:1", inode: 2n, mount: 30n };
  const right = { wanted, root: wanted, working: wanted, parent: wanted };
  deepEqual(rootFaults(right), []);
  deepEqual(rootFaults({ ...right, root: { ...wanted, inode: 3n } }), [
    "/ is not the export",
  ]);
  deepEqual(rootFaults({ ...right, working: { ...wanted, device: "8:2" } }), [
    "the working directory is not the export",
  ]);
  deepEqual(rootFaults({ ...right, parent: { ...wanted, mount: 31n } }), [
    "/.. is not the export",
  ]);
});

Deno.test("parseThread() reads an empty list of groups as empty", () => {
  const status = [
    "Name:\tdeno",
    "Uid:\t0\t1\t2\t3",
    "Gid:\t4\t5\t6\t7",
    "Groups:\t ",
    "NStgid:\t99",
    "CapInh:\t0000000000000001",
    "CapPrm:\t00000000080000db",
    "CapEff:\t0000000000000002",
    "CapBnd:\t000001ffffffffff",
    "CapAmb:\t0000000000000004",
    "NoNewPrivs:\t1",
    "Seccomp:\t2",
  ].join("\n");
  deepEqual(parseThread(7, status), {
    tid: 7,
    uids: [0, 1, 2, 3],
    gids: [4, 5, 6, 7],
    groups: [],
    inheritable: 1n,
    permitted: 0x080000dbn,
    effective: 2n,
    bounding: 0x1ffffffffffn,
    ambient: 4n,
    noNewPrivs: true,
    filtered: true,
  });
});

Deno.test("IdMap chooses nobody, else the highest id, else none", () => {
  const all = new IdMap("         0          0 4294967295\n");
  deepEqual(all.unprivileged, 65534);
  deepEqual(new IdMap("0 100000 65536\n").unprivileged, 65534);
  deepEqual(new IdMap("0 1000 1\n1 100000 1000\n").unprivileged, 1000);
  deepEqual(new IdMap("0 1000 1\n").unprivileged, undefined);
});

Deno.test("threadRootFaults() finds a thread that has another root", () => {
  const export_ = { device: "8:1", inode: 2n, mount: 30n };
  const empty = { device: "0:50", inode: 1n, mount: 31n };
  const host = { device: "8:1", inode: 2n, mount: 20n };
  const allowed = [export_, empty];
  deepEqual(
    threadRootFaults(allowed, [{ tid: 11, root: empty }, {
      tid: 12,
      root: export_,
    }]),
    [],
  );
  deepEqual(threadRootFaults(allowed, [{ tid: 11, root: host }]), [
    "thread 11 has another root directory",
  ]);
});

Deno.test("threadRoot() leaves out a thread that has ended since it was listed, and no other", () => {
  const mounts = {
    placeOf(): never {
      throw new SystemError("statx", ENOENT);
    },
  };
  const among = (...tids: string[]) => ({
    mounts,
    proc: { fd: 3, list: () => [".", "..", ...tids] },
  });
  deepEqual(threadRoot(among("10"), 11), []);
  throws(() => threadRoot(among("10", "11"), 11), SystemError);
});
