/**
 * A helper under attack: its export, and beside it secrets that no attacker may
 * reach.
 *
 * @module
 */
import { deepEqual, ok } from "node:assert/strict";
import type { Client } from "../../src/proxy/client/client.ts";
import { type RunningHelper, startServing } from "./helpers.ts";
import { Host } from "./host.ts";
import { type Need, testsThatNeed } from "./requirements.ts";
import { done } from "./said.ts";
import { System } from "./system.ts";
import { workspace } from "./workspace.ts";

/** Nothing but the secrets belongs to this user, so that their owner gives them away. */
const SECRETS_OWNER = 4242;
/** What the files of the secrets contain. */
export const SECRET = "not for the guest";
/** What the files of the export contain that attackers are told of. */
export const OPEN = "for the guest!";
/** An attribute of both. */
export const MARK = "user.mark";
/** What may be in a place that an attack is about: the secrets have all of it, too. */
const ENTRIES = ["file", "victim", "link", "directory"] as const;

/**
 * How much the helper may grow by an attack, in KiB. V8 lets its young
 * generation grow to two halves of 16 MiB before it collects anything for good,
 * and code that runs for the first time takes some 10 MiB of pages: measured,
 * 40 MiB, which further rounds of the same attack do not exceed.
 */
export const GROWTH = 64 * 1024;

/** What an attack is played on. */
export interface Harness {
  readonly helper: RunningHelper;
  readonly client: Client;
  readonly host: Host;
  readonly system: System;
  /** A directory that holds `export`, `secrets`, and what else an attack moves about. */
  readonly outside: string;
  readonly export: string;
  readonly secrets: string;
  /** Whether an answer or a descriptor is of the secrets. */
  isSecret(file: { readonly uid: number; readonly ino: bigint }): boolean;
  /** Says what was tried and what stopped it, once that is shown. */
  stopped(what: string, stoppedBy: string): void;
  /** Says what is not this program's to stop, and whose it is. */
  notStopped(what: string, why: string): void;
}

/** How a test of {@linkcode attacksThatNeed} may differ. */
export interface AttackOptions {
  readonly args?: readonly string[];
  readonly wrapper?: readonly string[];
  /** Play it on a tmpfs: many times as fast as a disk, where every request changes something. */
  readonly inMemory?: boolean;
  /** Before the helper starts. */
  readonly prepare?: (
    place: Pick<Harness, "host" | "outside" | "export" | "secrets">,
  ) => void | Promise<void>;
}

/**
 * Plays an attack, and then shows what holds of all of them: the helper serves
 * on, it has not grown, it ends as it should, and the secrets are as they were.
 */
async function attack(
  run: (harness: Harness) => void | Promise<void>,
  { args = [], wrapper = [], inMemory = false, prepare }: AttackOptions = {},
): Promise<string> {
  using directory = workspace();
  using host = new Host();
  using system = new System();
  const outside = directory.path;
  if (inMemory) system.mountTmpfs(outside, "mode=755");
  const place = {
    host,
    system,
    outside,
    export: `${outside}/export`,
    secrets: `${outside}/secrets`,
  };
  Deno.mkdirSync(place.export);
  makeSecrets(host, place.secrets);
  await prepare?.(place);
  const secrets = rememberSecrets(host, place.secrets);
  const lines: string[] = [];
  await using helper = await startServing({
    directory: place.export,
    args,
    wrapper,
  });
  const { client } = helper;
  const size = residentSize(host, helper.pid);
  const harness: Harness = {
    ...place,
    helper,
    client,
    isSecret: secrets.has,
    stopped: (what, stoppedBy) =>
      lines.push(`tried ${what}: stopped by ${stoppedBy}`),
    notStopped: (what, why) => lines.push(`tried ${what}: NOT stopped: ${why}`),
  };
  await run(harness);
  done(client.lstat("/"), "It serves no more");
  const growth = residentSize(host, helper.pid) - size;
  ok(growth < GROWTH, `The helper has grown by ${growth} KiB`);
  const output = await helper.finish();
  secrets.proveUnchanged();
  for (const line of lines) console.log(line);
  return output;
}

/** What defines tests, each of which is an attack. To be called `test`. */
export function attacksThatNeed(
  needs: readonly Need[],
  options: AttackOptions = {},
): (name: string, run: Parameters<typeof attack>[0]) => void {
  const test = testsThatNeed(...needs);
  return (name, run) =>
    test(name, async () => {
      await attack(run, options);
    });
}

/** Makes the secrets, a directory. */
export function makeSecrets(host: Host, path: string): void {
  makeFiles(host, path, SECRET);
  Deno.chmodSync(path, 0o700);
  for (const name of ["", ...ENTRIES]) {
    host.lchown(`${path}/${name}`, SECRETS_OWNER, SECRETS_OWNER);
  }
}

/** The secrets, as they are before an attack. */
interface Secrets {
  /** Whether an answer or a descriptor is of them. */
  has(file: { readonly uid: number; readonly ino: bigint }): boolean;
  /** They are as they were. */
  proveUnchanged(): void;
}

/** Remembers what {@linkcode makeSecrets} has made. */
export function rememberSecrets(host: Host, path: string): Secrets {
  const inodes = new Set(
    ["", ...ENTRIES].map((name) => host.lstat(`${path}/${name}`).ino),
  );
  const before = lookAt(host, path);
  return {
    has: ({ uid, ino }) => uid === SECRETS_OWNER || inodes.has(ino),
    proveUnchanged: () => deepEqual(lookAt(host, path), before),
  };
}

/** Makes a directory with all of {@linkcode ENTRIES}. */
export function makeFiles(host: Host, path: string, content: string): void {
  Deno.mkdirSync(path);
  Deno.mkdirSync(`${path}/directory`);
  host.symlink("file", `${path}/link`);
  for (const name of ["file", "victim"]) {
    Deno.writeTextFileSync(`${path}/${name}`, content);
    Deno.chmodSync(`${path}/${name}`, 0o600);
    host.setXattr(`${path}/${name}`, MARK, new TextEncoder().encode(content));
  }
}

/** All that the host sees of a directory; an attack on it would show. */
export function lookAt(host: Host, directory: string): unknown {
  const names = host.names(directory);
  return ["", ...names].map((name) => {
    const path = `${directory}/${name}`;
    const { atime: _, ...stat } = host.lstat(path);
    const file = (stat.mode & 0o170000) === 0o100000;
    return {
      name,
      stat,
      content: file ? Deno.readTextFileSync(path) : undefined,
      mark: file ? host.xattr(path, MARK) : undefined,
    };
  });
}

/** VmRSS of a process, in KiB. */
export function residentSize(host: Host, pid: number): number {
  const status = host.readFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
}
