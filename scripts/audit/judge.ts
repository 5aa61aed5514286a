/**
 * Holds what is granted against what was asked for.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Grant, Permission, PermissionSet } from "./manifest.ts";

/** A line of Deno's permission audit log. */
export interface Ask {
  readonly permission: string;
  /** Null for everything of its kind. */
  readonly value: string | null;
}

/** What is known of the use of one set. */
export interface Evidence {
  readonly asks: readonly Ask[];
  /**
   * Values of `run` without which the program was seen to fail, `*` for any:
   * what is run does not stand in Deno's log.
   */
  readonly needed?: readonly string[];
  /** Grants that the log cannot show, and how their use was seen: `write /srv`. */
  readonly seen?: Readonly<Record<string, string>>;
  /**
   * What command lines add to the set, by a name for the two together. Each is
   * judged; where not given, the set as it is.
   */
  readonly added?: Readonly<Record<string, readonly Grant[]>>;
  /** Why a grant that nobody asked for may be needed all the same; undefined where all was tried. */
  readonly notTried?: string | undefined;
}

/** `open`: could not be judged here. */
export type Verdict = "ok" | "WEAK" | "FAIL" | "open";

/** One property, as `--print-sandbox` has them. */
export interface Line {
  readonly verdict: Verdict;
  readonly set: string;
  readonly permission: string;
  readonly text: string;
}

/** How to judge one set. */
export interface Rules {
  /** The directory that relative paths begin at. */
  readonly root: string;
  /** Why a set may have everything of a kind: `runner.run`. */
  readonly wide: Readonly<Record<string, string>>;
}

/** One line for each grant, denial, and thing that was asked for in vain. */
export function judge(
  set: PermissionSet,
  evidence: Evidence | undefined,
  rules: Rules,
): Line[] {
  const used = new Map<string, string>();
  const vain = new Map<string, Ask>();
  const asks = evidence?.asks ?? [];
  // Where everything may be read, Deno's log has each read as a write, too.
  const readsAll = set.grants.some(({ permission, values }) =>
    permission === "read" && values.length === 0
  );
  const reads = new Set(
    asks.flatMap(({ permission, value }) =>
      permission === "read" && readsAll ? [value] : []
    ),
  );
  for (const ask of asks) {
    const value = covering(set.grants, ask, rules.root);
    if (value !== undefined) {
      const name = key(ask.permission, value);
      if (!used.has(name)) {
        used.set(name, ask.value === value ? "used" : `used for ${ask.value}`);
      }
    } else if (ask.permission !== "write" || !reads.has(ask.value)) {
      vain.set(key(ask.permission, `${ask.value}`), ask);
    }
  }
  for (const value of evidence?.needed ?? []) {
    used.set(key("run", value), "fails without it");
  }
  for (const [name, how] of Object.entries(evidence?.seen ?? {})) {
    used.set(name, how);
  }
  return [
    ...set.grants.map((grant) => judgeGrant(set, grant, used, evidence, rules)),
    ...set.denials.map(({ permission, values }) => ({
      verdict: "ok" as const,
      set: set.name,
      permission,
      text: values.length === 0 ? "denied" : `denied: ${values.join(", ")}`,
    })),
    ...[...vain.values()].map(({ permission, value }) => ({
      verdict: "WEAK" as const,
      set: set.name,
      permission,
      text: `${value ?? "everything"} was asked for and is not granted`,
    })),
  ];
}

function judgeGrant(
  { name }: PermissionSet,
  { permission, values, alternatives, by }: Grant,
  used: ReadonlyMap<string, string>,
  evidence: Evidence | undefined,
  { wide }: Rules,
): Line {
  const line = (verdict: Verdict, text: string): Line => ({
    verdict,
    set: name,
    permission,
    text: by === undefined ? text : `${text}; ${by}`,
  });
  const isEverything = values.length === 0 || values[0] === "/";
  const what = values.length === 0 ? "everything" : values.join(", ");
  if (evidence === undefined) {
    return line("FAIL", `${what}: nothing is known that uses this set`);
  }
  const found = (values.length === 0 ? ["*"] : values)
    .find((value) => used.has(key(permission, value)));
  if (found === undefined) {
    return evidence.notTried === undefined
      ? line("FAIL", `${what} is granted and not used: take it away`)
      : line("open", `${what}: not seen in use, but ${evidence.notTried}`);
  }
  const how = used.get(key(permission, found))!;
  if (isEverything) {
    const why = wide[`${name}.${permission}`];
    return why === undefined
      ? line(
        "FAIL",
        `${what} is granted, and no reason is known: list what is used`,
      )
      : line("WEAK", `${what}: ${why}`);
  }
  const others = values.filter((value) => value !== found);
  return line(
    "ok",
    `${found} (${how})${
      others.length > 0 ? `: ${alternatives} ${others.join(", ")}` : ""
    }`,
  );
}

function key(permission: string, value: string): string {
  return `${permission} ${value}`;
}

/** The most specific granted value that lets `ask` through, `*` for everything. */
function covering(
  grants: readonly Grant[],
  { permission, value }: Ask,
  root: string,
): string | undefined {
  const granted = grants.filter((grant) => grant.permission === permission);
  const all = granted.some(({ values }) => values.length === 0);
  const matching = value === null ? [] : granted
    .flatMap(({ values }) => values)
    .filter((candidate) =>
      matches(permission as Permission, candidate, value, root)
    )
    .sort((a, b) => resolve(root, b).length - resolve(root, a).length);
  return matching[0] ?? (all ? "*" : undefined);
}

function matches(
  permission: Permission,
  granted: string,
  asked: string,
  root: string,
): boolean {
  switch (permission) {
    case "read":
    case "write":
    case "ffi": {
      const place = resolve(root, granted);
      const path = resolve(root, asked);
      return path === place ||
        path.startsWith(place === "/" ? "/" : `${place}/`);
    }
    case "env":
      return granted.endsWith("*")
        ? asked.startsWith(granted.slice(0, -1))
        : asked === granted;
    case "net":
    case "import":
      return asked === granted || asked.startsWith(`${granted}:`);
    default:
      return asked === granted;
  }
}
