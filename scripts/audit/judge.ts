/**
 * Holds a permission set against what was asked for.
 *
 * @module
 */
import { resolve } from "node:path";
import { LIBC_CANDIDATES } from "../../ffi/libc.ts";
import type { PermissionSet } from "../program/manifest.ts";

/** A line of Deno's log of permissions. */
export interface Ask {
  readonly permission: string;
  /** Null where all of the permission is asked for. */
  readonly value: string | null;
}

/** What is known about the use of a set. */
export interface Evidence {
  readonly asks: readonly Ask[];
  /** Grants whose use is not in the log, and how it was seen: `write /srv`. */
  readonly seen: Readonly<Record<string, string>>;
  /** The directory that relative paths begin at. */
  readonly root: string;
}

/** One grant or denial, judged. */
export interface Line {
  readonly verdict: "ok" | "FAIL";
  readonly permission: string;
  readonly text: string;
}

/** Places where different systems have the same thing: each system uses some of them. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  LIBC_CANDIDATES,
  ["/usr/bin", "/bin", "/usr/sbin", "/sbin"],
];

export function parseLog(text: string): Ask[] {
  return text.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Ask);
}

/**
 * One line for each thing that a set grants or denies. It is bad to grant
 * everything of a kind, and to grant what is not used.
 */
export function judge(set: PermissionSet, evidence: Evidence): Line[] {
  return Object.entries(set).flatMap(([permission, rule]): Line[] => {
    if (rule === false) return [];
    if (rule === true) return [judgeEverything(permission, evidence)];
    if ("deny" in rule) return [{ verdict: "ok", permission, text: "denied" }];
    const used = new Map(
      rule.map((value) => [value, use(permission, value, rule, evidence)]),
    );
    return rule.map((value) => {
      if (value === "/") return judgeEverything(permission, evidence);
      const places = ALTERNATIVES.find((places) => places.includes(value));
      const elsewhere = places?.find((place) => used.get(place) !== undefined);
      const how = used.get(value) ??
        (elsewhere && `another system's place of what is at ${elsewhere} here`);
      return how === undefined
        ? {
          verdict: "FAIL",
          permission,
          text: `${value} is granted and not used: take it away`,
        }
        : { verdict: "ok", permission, text: `${value} (${how})` };
    });
  });
}

function judgeEverything(permission: string, { seen }: Evidence): Line {
  const how = seen[`${permission} *`];
  return how === undefined
    ? {
      verdict: "FAIL",
      permission,
      text: "everything is granted: list what is used",
    }
    : { verdict: "ok", permission, text: `everything: ${how}` };
}

/** How a value that is granted was used; undefined if it was not. */
function use(
  permission: string,
  granted: string,
  all: readonly string[],
  { asks, seen, root }: Evidence,
): string | undefined {
  const ask = asks.find((ask) =>
    ask.permission === permission && ask.value !== null &&
    granted === mostSpecific(permission, all, ask.value, root)
  );
  return ask === undefined ? seen[`${permission} ${granted}`] : "used";
}

/** The narrowest of the granted values that covers what was asked for. */
function mostSpecific(
  permission: string,
  granted: readonly string[],
  asked: string,
  root: string,
): string | undefined {
  if (!["read", "write", "ffi"].includes(permission)) {
    return granted.find((value) => value === asked);
  }
  const place = (path: string) => resolve(root, path);
  return granted
    .filter((value) => `${place(asked)}/`.startsWith(`${place(value)}/`))
    .toSorted((a, b) => place(b).length - place(a).length)[0];
}
