/**
 * A step of the demo: one request, its right answer, and a look at its effect on
 * the host. Of whichever protocol it is.
 *
 * @module
 */
import { errnoName } from "../../ffi/errno.ts";

/** Where and as whom the demo runs. */
export interface Common {
  /** The exported directory, as the host names it. */
  readonly directory: string;
  /** An id for a guest's user; 0 where the helper's user namespace has no other. */
  readonly user: number;
  /** Who owns, for the host, what the guest's user makes. */
  readonly hostUser: number;
  /** Whether device nodes can be made: never in a user namespace. */
  readonly devices: boolean;
  /** Whether the file system has user.* xattrs: known once one was set. */
  xattrs: boolean;
  /** The host's own view of an xattr; undefined where there is none. */
  readonly hostXattr: (name: string, attribute: string) => string | undefined;
}

type Expected = string | RegExp;

/** One request of the demo. */
export interface Step<C extends Common, Name extends string> {
  readonly request: Name;
  readonly asked: string;
  /** Makes the request. Returns the answer in a few words. */
  readonly run: (context: C) => string;
  /** What {@linkcode run} has to return; `done` where not given. */
  readonly expected?: Expected | ((context: C) => Expected);
  /** Whether the host sees the effect. */
  readonly host?: (context: C) => boolean;
}

/** Whether an answer is what the step expects. */
export function isRight<C extends Common>(
  { expected = "done" }: Step<C, string>,
  context: C,
  answer: string,
): boolean {
  const wanted = typeof expected === "function" ? expected(context) : expected;
  return typeof wanted === "string" ? answer === wanted : wanted.test(answer);
}

/** An answer in a few words. */
export function told<T>(
  answer: { readonly errno: number; readonly value?: T | undefined },
  show: (value: T) => string = () => "done",
): string {
  return answer.errno === 0 ? show(answer.value as T) : errnoName(answer.errno);
}

/** Bytes in quotes. */
export function text(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes)).replaceAll(
    "\\u0000",
    "·",
  );
}

/** What the host has under a name of the export. */
export const host = ({ directory }: Common, name: string): Deno.FileInfo =>
  Deno.lstatSync(`${directory}/${name}`);

/** Whether the host has nothing there. */
export function missing(context: Common, name: string): boolean {
  try {
    host(context, name);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** What is expected of a request about an xattr. */
export const withXattrs =
  (wanted: Expected) => ({ xattrs }: Common): Expected =>
    xattrs ? wanted : /^(EOPNOTSUPP|ENODATA)$/;
