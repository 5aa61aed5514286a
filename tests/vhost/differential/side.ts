/**
 * One of two servers that get the same requests, and how its answers are put
 * into words that can be compared.
 *
 * @module
 */
import { S_IFDIR, S_IFMT } from "../../../ffi/constants.ts";
import type {
  Attributes,
  DirectoryEntry,
  Entry,
  Opened,
} from "../../../src/vhost_user_fs/client/replies.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import type { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { outcome } from "../support/each_server.ts";

/** Something open. */
export interface Handle {
  readonly nodeid: number;
  readonly fh: bigint;
  /** Whether it can be written to. */
  readonly writable?: boolean;
}

/** What the guest holds on one of the servers. Both have as many of each as long as their answers are the same. */
export class Side {
  readonly nodes: number[] = [ROOT];
  readonly #parents: number[] = [ROOT];
  readonly files: Handle[] = [];
  readonly directories: Handle[] = [];

  /** @param killpriv whether the guest says when set-id bits are to be cleared */
  constructor(readonly session: FuseSession, readonly killpriv: boolean) {}

  /** A node; the choice is the same on both sides. */
  node(choice: number): number {
    return this.nodes[choice % this.nodes.length]!;
  }

  /** A node to look for names in: mostly a directory. */
  parent(choice: number): number {
    return choice % 8 === 0
      ? this.node(choice)
      : this.#parents[choice % this.#parents.length]!;
  }

  /** A node to open: never a directory, which is opened by OPENDIR. */
  leaf(choice: number): number | undefined {
    const leaves = this.nodes.filter((node) => !this.#parents.includes(node));
    return leaves[choice % Math.max(1, leaves.length)];
  }

  /** A node that the guest holds no longer, or undefined where there is but the root. */
  drop(choice: number): number | undefined {
    if (this.nodes.length < 2) return undefined;
    const index = 1 + choice % (this.nodes.length - 1);
    const nodeid = this.nodes[index];
    // No guest forgets what it has open.
    const open = [...this.files, ...this.directories];
    if (open.some((handle) => handle.nodeid === nodeid)) return undefined;
    this.nodes.splice(index, 1);
    const parent = this.#parents.indexOf(nodeid!);
    if (parent > 0) this.#parents.splice(parent, 1);
    return nodeid;
  }

  file(choice: number): Handle {
    return this.files[choice % Math.max(1, this.files.length)] ??
      { nodeid: ROOT, fh: 12_345n };
  }

  directory(choice: number): Handle {
    return this.directories[choice % Math.max(1, this.directories.length)] ??
      { nodeid: ROOT, fh: 12_345n };
  }

  /** How a request ends, in words. `words` tells what a success says. */
  ask<T>(request: Request<T>, words: (value: T) => string = () => ""): string {
    const answer = this.session.ask(request);
    return answer.errno === 0
      ? `done ${words(answer.value as T)}`
      : outcome(answer);
  }

  /** The same for what returns an entry, which the guest then holds. */
  hold(request: Request<Entry>): string {
    return this.ask(request, (entry) => this.#held(entry));
  }

  /** The same for what opens too. */
  holdOpened(request: Request<Entry & { opened: Opened }>): string {
    return this.ask(request, (entry) => {
      const words = this.#held(entry);
      const { nodeid, opened: { fh } } = entry;
      this.files.push({ nodeid, fh, writable: true });
      return words;
    });
  }

  #held({ nodeid, attributes }: Entry): string {
    const known = this.nodes.indexOf(nodeid);
    if (known < 0) {
      this.nodes.push(nodeid);
      if ((attributes.mode & S_IFMT) === S_IFDIR) this.#parents.push(nodeid);
    }
    // Which node it is, by when it was first seen.
    return `node ${known < 0 ? "new" : known}: ${seen(attributes)}`;
  }
}

/** What does not hang on when, and in which of two trees, a file was made. */
export function seen(attributes: Attributes): string {
  const { mode, nlink, uid, gid, rdev, size } = attributes;
  const directory = (mode & S_IFMT) === S_IFDIR;
  return `${mode.toString(8)} ${nlink} ${uid}:${gid} ${rdev} ${
    directory ? "" : size
  }`;
}

/** A listing in an order that is the same everywhere. */
export function listing(entries: readonly DirectoryEntry[]): string {
  return entries.map(({ name, type }) => `${name}/${type}`).sort().join(" ");
}
