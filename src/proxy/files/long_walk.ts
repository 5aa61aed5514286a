/**
 * Changes the working directory along a path that is too long for the kernel,
 * piece by piece, to the directory of its last component.
 *
 * It does what the kernel does with a path, path_resolution(7): every component
 * but the last is followed if it is a symlink, an absolute symlink begins at the
 * root directory, `..` is left to the kernel, and more than {@linkcode MAX_LINKS}
 * symlinks are ELOOP. The last component is not looked at.
 *
 * @module
 */
import { ELOOP, ENAMETOOLONG, ENOENT } from "../../../ffi/errno.ts";
import { PATH_MAX, type WalkCalls } from "../../../ffi/walk.ts";
import { type Errno, failed, failure } from "../../../ffi/results.ts";

/** MAXSYMLINKS, linux/namei.h. */
const MAX_LINKS = 40;

const SLASH = 0x2f;

/**
 * Changes the working directory from the root directory along `path`. Returns the
 * last component, a name in the working directory, or a negative errno. In both
 * cases the caller has to change back, {@linkcode WalkCalls.enterRoot}.
 */
export function walk(calls: WalkCalls, path: Uint8Array): Uint8Array | Errno {
  let rest = withoutSlashes(path);
  let links = 0;
  for (;;) {
    const last = lastOffset(rest);
    if (last === 0) return name(rest);
    const length = pieceLength(rest, last);
    if (length === 0) return failure(ENAMETOOLONG);
    const entered = calls.enter(rest.subarray(0, length));
    if (entered === 0) {
      rest = withoutSlashes(rest.subarray(length));
      continue;
    }
    if (entered !== -ELOOP) return entered;
    if (++links > MAX_LINKS) return failure(ELOOP);
    const followed = followOne(calls, rest, length);
    if (typeof followed === "number") return followed;
    rest = followed;
  }
}

/**
 * Walks to the first symlink within the first `length` bytes of `rest`, and
 * returns the path that remains, with the symlink replaced by its target.
 */
function followOne(
  calls: WalkCalls,
  rest: Uint8Array,
  length: number,
): Uint8Array | Errno {
  let at = 0;
  while (at < length) {
    let end = rest.indexOf(SLASH, at);
    if (end < 0) end = rest.length;
    const part = rest.subarray(at, end);
    at = end + 1;
    if (part.length === 0) continue;
    const target = calls.readLink(part);
    if (target === 0) {
      const entered = calls.enter(part);
      if (failed(entered)) return entered;
    } else if (typeof target === "number") return target;
    else if (target.length === 0) return failure(ENOENT);
    else return redirect(calls, target, rest.subarray(end));
  }
  // The symlink, for which the kernel returned ELOOP, is no longer there.
  return withoutSlashes(rest.subarray(length));
}

function redirect(
  calls: WalkCalls,
  target: Uint8Array,
  rest: Uint8Array,
): Uint8Array | Errno {
  if (target[0] === SLASH) {
    const refused = calls.enterRoot();
    if (failed(refused)) return refused;
  }
  const path = new Uint8Array(target.length + rest.length);
  path.set(target);
  path.set(rest, target.length);
  return withoutSlashes(path);
}

/** How many bytes of `rest` one call can walk: whole components, not the last, slashes included. */
function pieceLength(rest: Uint8Array, last: number): number {
  return last < PATH_MAX ? last : rest.lastIndexOf(SLASH, PATH_MAX - 2) + 1;
}

/** The offset of the last component of `path`. */
function lastOffset(path: Uint8Array): number {
  let end = path.length;
  while (end > 0 && path[end - 1] === SLASH) end--;
  return end === 0 ? 0 : path.lastIndexOf(SLASH, end - 1) + 1;
}

/** The last component, with one slash after it if there were any. An empty one is the root directory. */
function name(part: Uint8Array): Uint8Array | Errno {
  if (part.length === 0) return new Uint8Array([SLASH]);
  const end = part.indexOf(SLASH);
  const result = end < 0 ? part : part.subarray(0, end + 1);
  return result.length < PATH_MAX ? result : failure(ENAMETOOLONG);
}

function withoutSlashes(path: Uint8Array): Uint8Array {
  let start = 0;
  while (path[start] === SLASH) start++;
  return path.subarray(start);
}
