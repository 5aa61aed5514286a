/**
 * What deno.json grants: its permission sets, one grant a row.
 *
 * @module
 */
import { LIBC_CANDIDATES } from "../../ffi/libc.ts";

/** The kinds of permission that Deno knows. */
export const PERMISSIONS = [
  "read",
  "write",
  "ffi",
  "run",
  "env",
  "sys",
  "net",
  "import",
] as const;
export type Permission = typeof PERMISSIONS[number];

/** What is granted: one value, several that stand for one thing, or everything of its kind. */
export interface Grant {
  readonly permission: Permission;
  /** Empty for everything of its kind. */
  readonly values: readonly string[];
  /** Why there is more than one value. */
  readonly alternatives?: string;
  /** Who grants it, where that is not the manifest. */
  readonly by?: string;
}

/** A kind that is denied as a whole, or the values that are. */
export interface Denial {
  readonly permission: Permission;
  readonly values: readonly string[];
}

/** One set, or what a command line adds to one. */
export interface PermissionSet {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly denials: readonly Denial[];
}

/** The parts of deno.json that are about permissions. */
export interface Manifest {
  readonly permissions?: Readonly<Record<string, unknown>>;
  readonly tasks?: Readonly<Record<string, string | { command?: string }>>;
  readonly test?: { readonly permissions?: unknown };
  readonly bench?: { readonly permissions?: unknown };
  readonly compile?: { readonly permissions?: unknown };
}

/** The manifest says something that is not understood; the message says where. */
export class ManifestError extends Error {
  override name = "ManifestError";
}

/** Values that stand for one thing, of which one system has only some. */
const ALTERNATIVES: readonly {
  readonly permission: Permission;
  readonly values: readonly string[];
  readonly why: string;
}[] = [
  {
    permission: "ffi",
    values: LIBC_CANDIDATES,
    why: "libc, which other systems have at",
  },
  {
    permission: "read",
    values: ["/usr/bin", "/bin", "/usr/sbin", "/sbin"],
    why: "programs, which other systems have in",
  },
];

/** All sets of a manifest; those of `test`, `bench` and `compile` by these names. */
export function permissionSets(manifest: Manifest): PermissionSet[] {
  const blocks = (["test", "bench", "compile"] as const).flatMap((name) => {
    const permissions = manifest[name]?.permissions;
    return permissions === undefined ? [] : [[name, permissions] as const];
  });
  return [...Object.entries(manifest.permissions ?? {}), ...blocks]
    .map(([name, content]) => permissionSet(name, content));
}

function permissionSet(name: string, content: unknown): PermissionSet {
  const grants: Grant[] = [];
  const denials: Denial[] = [];
  for (const [key, value] of Object.entries(content as object)) {
    const permission = PERMISSIONS.find((known) => known === key);
    if (permission === undefined) {
      throw new ManifestError(
        `Cannot audit set ${name}: there is no permission ${key}`,
      );
    }
    const { allow, deny } = rule(`${name}.${key}`, value);
    if (allow !== undefined) grants.push(...grouped(permission, allow));
    if (deny !== undefined) denials.push({ permission, values: deny });
  }
  return { name, grants, denials };
}

/** Undefined for nothing, empty for everything of its kind. */
interface Rule {
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

/** `true`, `false`, a list, or these below `allow` and `deny`. */
function rule(where: string, value: unknown): Rule {
  const list = (value: unknown): readonly string[] | undefined => {
    if (value === undefined || value === false) return undefined;
    if (value === true) return [];
    if (Array.isArray(value) && value.every((v) => typeof v === "string")) {
      return value.length === 0 ? undefined : value;
    }
    throw new ManifestError(
      `Cannot audit ${where}: ${
        JSON.stringify(value)
      } is neither a list nor true nor false`,
    );
  };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { allow: list(value) };
  }
  const { allow, deny, ...rest } = value as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw new ManifestError(`Cannot audit ${where}: it has a key ${unknown}`);
  }
  return { allow: list(allow), deny: list(deny) };
}

function grouped(
  permission: Permission,
  values: readonly string[],
): Grant[] {
  if (values.length === 0) return [{ permission, values }];
  const groups = ALTERNATIVES
    .filter((group) => group.permission === permission)
    .map(({ values: places, why }) => ({
      permission,
      values: values.filter((value) => places.includes(value)),
      alternatives: why,
    }))
    .filter((group) => group.values.length > 1);
  const taken = new Set(groups.flatMap((group) => group.values));
  return [
    ...groups,
    ...values.filter((value) => !taken.has(value))
      .map((value) => ({ permission, values: [value] })),
  ];
}

/** What the flags of a command line of Deno grant: `--allow-read=/srv`, `-A`. */
export function grantsOfFlags(words: readonly string[]): Grant[] {
  return words.flatMap((word): Grant[] => {
    if (word === "-A" || word === "--allow-all") {
      return PERMISSIONS.map((permission) => ({ permission, values: [] }));
    }
    const [, name, value] = /^--allow-([a-z]+)(?:=(.*))?$/.exec(word) ?? [];
    const permission = PERMISSIONS.find((known) => known === name);
    if (permission === undefined) return [];
    return grouped(permission, value === undefined ? [] : value.split(","));
  });
}

/** The sets that a command line of Deno names: `-P=helper`; `test` for the bare `-P` of `deno test`. */
export function setsOfFlags(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    if (word === "-P" || word === "--permission-set") {
      return words.find((word) =>
        ["test", "bench", "compile"].includes(word)
      ) ??
        "default";
    }
    return /^(?:-P|--permission-set)=(.+)$/.exec(word)?.[1] ?? [];
  });
}
