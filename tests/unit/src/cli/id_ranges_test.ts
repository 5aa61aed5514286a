/** `--uid-map`, `--gid-map` and `--map-root` on the command line. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { capabilityBits } from "../../../../ffi/capabilities.ts";
import { parseArguments } from "../../../../src/cli/arguments.ts";

/** The command of `-n -p /srv -f 3` with more. */
function parse(...args: string[]) {
  const command = parseArguments(["-n", "-p", "/srv", "-f", "3", ...args]);
  if (command.kind !== "serve") throw new Error("no command to serve");
  return command;
}

Deno.test("parseArguments() takes maps of several ranges", () => {
  deepEqual(
    parse("--uid-map=0:100000:1000", "--uid-map", "1000:5:1", "--gid-map=7:8:9")
      .jail.ids,
    {
      kind: "ranges",
      uids: [
        { guest: 0, host: 100_000, count: 1000 },
        { guest: 1000, host: 5, count: 1 },
      ],
      gids: [{ guest: 7, host: 8, count: 9 }],
    },
  );
});

Deno.test("parseArguments() takes the highest ids, and ranges that touch", () => {
  const { ids } = parse(
    "--uid-map=4294967293:4294967294:1",
    "--uid-map=4294967294:4294967293:1",
    "--gid-map=0:1:4294967294",
  ).jail;
  equal(ids?.kind, "ranges");
});

Deno.test("parseArguments() takes a user for the guest's root", () => {
  for (const user of ["qemu", "1000"]) {
    deepEqual(parse("--map-root", user).jail.ids, {
      kind: "root",
      user,
      instead: ["--uid-map", "--gid-map"],
    });
  }
  equal(parse().jail.ids, undefined);
});

Deno.test("parseArguments() allows no devices where ids are mapped", () => {
  const mknod = capabilityBits(["MKNOD"]);
  const has = (...args: string[]) => {
    const { devices, jail } = parse(...args);
    return [devices, (jail.capabilities & mknod) !== 0];
  };
  deepEqual(has(), [true, true]);
  deepEqual(has("--map-root=qemu"), [false, false]);
  deepEqual(has("--map-root=qemu", "--modcaps=+MKNOD"), [false, false]);
  deepEqual(has("--uid-map=0:1:1", "--gid-map=0:1:1"), [false, false]);
});

const GID = "--gid-map=0:1:1";

for (
  const [args, message] of [
    [
      ["--uid-map=0:1:1"],
      "Cannot use --uid-map without --gid-map: a file has a user and a group",
    ],
    [
      [GID],
      "Cannot use --gid-map without --uid-map: a file has a user and a group",
    ],
    [
      ["--map-root=qemu", GID],
      "Cannot use --map-root together with --uid-map or --gid-map: it is short for a map of root alone",
    ],
    [
      ["--map-root=a b"],
      "Cannot use a b as an owner: not the name or the number of a user or group",
    ],
    ...["", "0", "0:1", "0:1:1:1", "a:1:1", "-1:1:1", "0:1:1x", " 0:1:1"].map((
      map,
    ) =>
      [
        [`--uid-map=${map}`, GID],
        `Cannot use --uid-map ${map}: write GUEST:HOST:COUNT, three numbers`,
      ] as const
    ),
    [
      ["--uid-map=0:1:0", GID],
      "Cannot use --uid-map 0:1:0: COUNT is 1 at least",
    ],
    [
      ["--uid-map=0:1:4294967295", GID],
      "Cannot use --uid-map 0:1:4294967295: ids end at 4294967294",
    ],
    [
      ["--uid-map=4294967295:1:1", GID],
      "Cannot use --uid-map 4294967295:1:1: ids end at 4294967294",
    ],
    [
      ["--uid-map=0:1:1", "--gid-map=5:0:10"],
      "Cannot use --gid-map 5:0:10: the guest's 5 would be the host's root; let HOST begin above 0",
    ],
    [
      ["--uid-map=50:9:1", "--uid-map=0:100:60", GID],
      "Cannot use --uid-map 0:100:60 together with --uid-map 50:9:1: both have the guest's 50",
    ],
    [
      ["--uid-map=0:100:60", "--uid-map=60:1:100", GID],
      "Cannot use --uid-map 60:1:100 together with --uid-map 0:100:60: both have the host's 100",
    ],
    [
      [GID, GID, "--uid-map=0:1:1"],
      "Cannot use --gid-map 0:1:1 together with --gid-map 0:1:1: both have the guest's 0",
    ],
  ] as const
) {
  Deno.test(`parseArguments() refuses ${args.join(" ")}`, () => {
    throws(() => parse(...args), { name: "UsageError", message });
  });
}

Deno.test("parseArguments() refuses more ranges than the kernel takes", () => {
  const maps = (count: number, first: number) =>
    Array.from(
      { length: count },
      (_, at) => `--uid-map=${at}:${first + at}:1`,
    );
  equal(parse(...maps(340, 1000), GID).jail.ids?.kind, "ranges");
  throws(() => parse(...maps(341, 1000), GID), {
    message:
      "Cannot use 341 times --uid-map: the kernel takes 340 ranges, and 4095 bytes of them; here are 3641",
  });
  throws(() => parse(...maps(300, 1_000_000_000), GID), {
    message: /^Cannot use 300 times --uid-map: .*; here are 4990$/,
  });
});
