/**
 * What `ps`, `pidof` and `pgrep` call this process: they read the name of its
 * first thread, which is cut to 15 bytes, and its arguments. Both are Deno's,
 * or `exe`, until they are changed.
 *
 * @module
 */
import { cString } from "../../ffi/memory.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import { SystemError } from "../../ffi/system_error.ts";

/** Where the kernel reads the arguments of a process. */
interface ArgumentArea {
  readonly start: bigint;
  readonly end: bigint;
}

/** Fields of proc_pid_stat(5), counted from the one after the name, the third. */
const ARG_START = 48 - 3, ARG_END = 49 - 3;

/** @param stat the content of /proc/self/stat */
export function parseArgumentArea(stat: string): ArgumentArea | undefined {
  // The name, in brackets, may have any character. An address has 47 bits.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const start = Number(fields[ARG_START]), end = Number(fields[ARG_END]);
  return start > 0 && end > start
    ? { start: BigInt(start), end: BigInt(end) }
    : undefined;
}

/**
 * The arguments as they shall be, as long as those that there are: the name, the
 * program's own arguments as they came, and NULs. Undefined where they do not
 * fit, or where the last of `cmdline` are not `args`.
 *
 * @param cmdline the content of /proc/self/cmdline
 * @param args the last of them, decoded
 */
export function renameArguments(
  cmdline: Uint8Array,
  name: string,
  args: readonly string[],
): Uint8Array<ArrayBuffer> | undefined {
  // The end of what stands before them: of as many strings from the end.
  let end = cmdline.length - 1;
  if (cmdline[end] !== 0) return undefined;
  for (let left = args.length; left > 0 && end >= 0; left--) {
    end = end === 0 ? -1 : cmdline.lastIndexOf(0, end - 1);
  }
  const own = cmdline.subarray(end + 1);
  const told = args.length === 0 ? "" : `${args.join("\0")}\0`;
  const first = cString(name);
  if (first.length > end + 1 || new TextDecoder().decode(own) !== told) {
    return undefined;
  }
  const renamed = new Uint8Array(cmdline.length);
  renamed.set(first);
  renamed.set(own, first.length);
  return renamed;
}

/**
 * Names the process; where that can't be had, it keeps the name that it has. To
 * be called on the main thread, before anything of /proc is out of reach.
 *
 * @param args the last arguments of this process, which stay
 */
export function nameProcess(
  process: Pick<ProcessCalls, "nameThread" | "overwriteMemory">,
  proc: ProcDirectory,
  name: string,
  args: readonly string[],
): void {
  process.nameThread(name);
  try {
    const cmdline = proc.readBytes("cmdline");
    const area = parseArgumentArea(proc.readText("stat"));
    const renamed = renameArguments(cmdline, name, args);
    // What is to be overwritten is exactly what the kernel has just shown.
    if (
      area === undefined || renamed === undefined ||
      area.end - area.start !== BigInt(renamed.length)
    ) return;
    process.overwriteMemory(area.start, renamed);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
