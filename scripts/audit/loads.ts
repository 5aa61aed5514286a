/**
 * What makes each permission set be used: its own program, or enough of it.
 *
 * @module
 */
import type { Ask, Evidence } from "./judge.ts";
import { compilerLoad, helperEvidence } from "./helper_loads.ts";
import { testLoad } from "./test_load.ts";
import { expectSuccess, type Outcome, type Yard } from "./yard.ts";

/** Something to run, and the sets that it tells about. */
export interface Load {
  readonly sets: readonly string[];
  readonly run: (yard: Yard) => Promise<Readonly<Record<string, Evidence>>>;
}

/** All of them. */
export const LOADS: readonly Load[] = [
  { sets: ["helper", "demo"], run: demoLoad },
  { sets: ["guest"], run: guestLoad },
  { sets: ["measure"], run: measureLoad },
  { sets: ["runner"], run: runnerLoad },
  { sets: ["compiler"], run: compilerLoad },
  { sets: ["generator"], run: generatorLoad },
  { sets: ["audit"], run: auditLoad },
  { sets: ["test"], run: testLoad },
];

const LAUNCHER = "scripts/virtfs-proxy-helper";

/** Every request, as root and as an ordinary user; the helper is the second process. */
async function demoLoad(yard: Yard): Promise<Record<string, Evidence>> {
  const make = (flags: readonly string[]) =>
    yard.script("demo", "scripts/demo.ts", flags);
  const names = ["demo", "helper"];
  const asUser = await yard.run(yard.asUser(make([])), { names });
  let asRoot: Outcome | undefined;
  if (yard.isRoot) {
    asRoot = await yard.run(make([]), { names });
    expectSuccess("the demo", asRoot);
  } else expectSuccess("the demo", asUser);
  const asks = (name: string): Ask[] => [
    ...asUser.asks[name] ?? [],
    ...asRoot?.asks[name] ?? [],
  ];
  const needed = [
    ...await yard.needs("demo", yard.isRoot ? [LAUNCHER] : [], make),
    ...await yard.needs(
      "demo",
      ["unshare"],
      (flags) => yard.asUser(make(flags)),
    ),
  ];
  return {
    demo: { asks: asks("demo"), needed, notTried: withoutRoot(yard) },
    helper: await helperEvidence(yard, asRoot ?? asUser),
  };
}

/** The guest is prepared, and not booted: QEMU is what is taken away. */
async function guestLoad(yard: Yard): Promise<Record<string, Evidence>> {
  const make = (flags: readonly string[]) =>
    yard.onTerminal(yard.script("guest", "scripts/demo_qemu.ts", flags));
  const prepared = await yard.run(make([yard.without("guest", "setpriv")]), {
    names: ["guest"],
  });
  const asks = prepared.asks.guest ?? [];
  // It gets as far as QEMU, or says what this machine lacks.
  if (!prepared.output.includes("Requires run access to")) {
    return { guest: { asks, notTried: prepared.output.trim() } };
  }
  const needed = [
    // An ordinary user's machine would boot without the grant, and wait.
    ...await yard.needs(
      "guest",
      ["setpriv", "cp", "ldd", ...yard.isRoot ? [LAUNCHER] : []],
      make,
    ),
    ...await yard.needs(
      "guest",
      ["unshare"],
      (flags) => yard.asUser(make(flags)),
    ),
  ];
  return { guest: { asks, needed, notTried: withoutRoot(yard) } };
}

/** Only root starts the launcher by itself, others by unshare(1). */
function withoutRoot(yard: Yard): string | undefined {
  return yard.isRoot ? undefined : "it was not tried as root";
}

/** Each of its parts, as short as they can be. */
async function measureLoad(yard: Yard): Promise<Record<string, Evidence>> {
  const make = (flags: readonly string[]) =>
    yard.script("measure", "scripts/bench.ts", flags, [
      ...["mix", "client", "start", "memory", "--quick", "--rounds=1"],
      ...["--requests=5", "--pauses=10", "--load=100"],
      "--svg=performance.svg",
    ]);
  const outcome = await yard.run(make([]), { names: ["measure"] });
  const asks = outcome.asks.measure ?? [];
  // Without root, or without QEMU's helper, it does not get far.
  if (outcome.code !== 0) {
    return { measure: { asks, notTried: outcome.output.trim() } };
  }
  return {
    measure: { asks, needed: await yard.needs("measure", ["*"], make) },
  };
}

/** A test that passes and one that is left out, on a machine that lacks every package. */
async function runnerLoad(yard: Yard): Promise<Record<string, Evidence>> {
  const programs = `${yard.scratch}/programs`;
  Deno.mkdirSync(programs);
  Deno.writeTextFileSync(`${programs}/dpkg-query`, "#!/bin/sh\n");
  Deno.chmodSync(`${programs}/dpkg-query`, 0o755);
  const probe = "tests/audited_test.ts";
  Deno.writeTextFileSync(
    `${yard.root}/${probe}`,
    `Deno.test("passes", () => {});
     Deno.test({ name: "is left out", ignore: true, fn() {} });`,
  );
  // As somebody who can't install anything.
  const make = (flags: readonly string[]) => [
    ...["env", `PATH=${programs}:/usr/sbin:/usr/bin:/sbin:/bin`, "CI="],
    ...yard.asUser(
      yard.script("runner", "scripts/test.ts", flags, ["--no-check", probe]),
    ),
  ];
  const env = { HELPER_TEST_NO_SKIP: "" };
  const outcome = await yard.run(make([]), { names: ["runner"], env });
  expectSuccess("the test runner", outcome);
  return {
    runner: {
      asks: outcome.asks.runner ?? [],
      needed: await yard.needs("runner", ["*"], make, env),
    },
  };
}

async function generatorLoad(yard: Yard): Promise<Record<string, Evidence>> {
  const outcome = await yard.run(
    yard.script("generator", "scripts/generate_completions.ts"),
    { names: ["generator"] },
  );
  expectSuccess("the generator", outcome);
  return { generator: { asks: outcome.asks.generator ?? [] } };
}

/** Itself, on a small set. */
async function auditLoad(yard: Yard): Promise<Record<string, Evidence>> {
  const make = (flags: readonly string[]) =>
    yard.script("audit", "scripts/audit.ts", flags, ["--set=generator"]);
  const outcome = await yard.run(make([]), { names: ["audit"] });
  return {
    audit: {
      asks: outcome.asks.audit ?? [],
      needed: await yard.needs("audit", ["*"], make),
    },
  };
}
