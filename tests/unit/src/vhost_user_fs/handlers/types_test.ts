/** What a handler returns follows from the form of its reply: `deno check` tests that here. */
import type { CString } from "../../../../../ffi/memory.ts";
import type { Name, PassthroughCalls } from "../../../../../ffi/passthrough.ts";
import type { Fd, Size } from "../../../../../ffi/results.ts";
import type {
  Context,
  Handler,
} from "../../../../../src/vhost_user_fs/handler.ts";
import type { Slot } from "../../../../../src/vhost_user_fs/passthrough/inodes.ts";
import type { Handle } from "../../../../../src/vhost_user_fs/passthrough/open_files.ts";

/** Never called. */
export function wrongHandlers(
  fd: Fd,
  size: Size,
  slot: Slot,
  handle: Handle,
): readonly unknown[] {
  // @ts-expect-error: a descriptor is no status
  const a: Handler<"status"> = () => fd;
  // @ts-expect-error: a slot of which no reference was taken is no entry
  const b: Handler<"entry"> = () => slot;
  // @ts-expect-error: nobody has looked at the file
  const c: Handler<"attr"> = () => 0;
  // @ts-expect-error: the guest is given handles, not descriptors
  const d: Handler<"open"> = () => fd;
  // @ts-expect-error: a node is missing
  const e: Handler<"create"> = () => handle;
  // @ts-expect-error: any number is no size
  const f: Handler<"bytes"> = () => 8;
  // @ts-expect-error: what is in the reply's memory is not in the guest's
  const g: Handler<"data"> = () => size;
  // @ts-expect-error: FORGET can't fail
  const h: Handler<"none"> = ({ request }) => request.refusal;
  return [a, b, c, d, e, f, g, h];
}

/** Never called. */
export function wrongStrings(
  { request }: Context,
  calls: PassthroughCalls,
  directory: Fd,
): readonly unknown[] {
  const target: CString | null = request.target();
  const name: Name | null = request.name();
  return [
    // @ts-expect-error: it may be refused
    () => calls.statAt(directory, name),
    // @ts-expect-error: what a symlink says is no name
    () => calls.statAt(directory, target!),
    () => calls.symlink(target!, directory, name!),
  ];
}
