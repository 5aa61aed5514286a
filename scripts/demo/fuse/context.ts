/**
 * What the demo's requests of FUSE have in common.
 *
 * @module
 */
import type {
  Answer,
  Request,
} from "../../../src/vhost_user_fs/client/request.ts";
import type {
  Entry,
  Opened,
} from "../../../src/vhost_user_fs/client/replies.ts";
import type { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import type { OpcodeName } from "../../../src/vhost_user_fs/fuse/opcodes.ts";
import { type Common, type Step as AnyStep, told } from "../step.ts";

/** Where and as whom the demo runs, and what the requests before have given. */
export interface Context extends Common {
  readonly session: FuseSession;
  /** Node numbers by path. */
  readonly nodes: Map<string, number>;
  /** Handles of what is open, by path. */
  readonly handles: Map<string, bigint>;
}

/** A request of the demo. */
export type Step = AnyStep<Context, OpcodeName>;

/** What is written. */
export const HELLO = "hello, host\n";
export const bytes = (content: string) =>
  new TextEncoder().encode(content) as Uint8Array<ArrayBuffer>;

/** Asks as a user of the guest. */
export function asUser<T>(
  { session, user }: Context,
  request: Request<T>,
): Answer<T> {
  return session.as({ uid: user, gid: user }, () => session.ask(request));
}

/** Remembers the node of an entry, and the handle if it has come with one. */
export function entry<T extends Entry & { readonly opened?: Opened }>(
  { nodes, handles }: Context,
  path: string,
  answer: Answer<T>,
): string {
  return told(answer, ({ nodeid, opened }) => {
    nodes.set(path, nodeid);
    if (opened !== undefined) handles.set(path, opened.fh);
    return opened === undefined ? `node ${nodeid}` : `node ${nodeid}, open`;
  });
}

/** A step about the file that is open under `path`. */
export function onFile(
  request: OpcodeName,
  asked: string,
  path: string,
  run: (context: Context, nodeid: number, fh: bigint) => string,
  more: Partial<Step> = {},
): Step {
  return {
    request,
    asked,
    run: (context) =>
      run(context, context.nodes.get(path)!, context.handles.get(path)!),
    ...more,
  };
}

export const A_NODE = { expected: /^node \d+$/ } as const;
export const AN_OPEN_NODE = { expected: /^node \d+, open$/ } as const;
export const FIRST = "letters/first";
