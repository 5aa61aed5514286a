/**
 * The memory that helpers add to a machine.
 *
 * @module
 */
import { type Libc, openLibc } from "../../../ffi/libc.ts";
import { ProcDirectory } from "../../../ffi/proc.ts";
import { DESCRIPTOR_SYMBOLS } from "../../../ffi/symbols/descriptors.ts";
import { IO_SYMBOLS } from "../../../ffi/symbols/io.ts";
import { MEMORY_SYMBOLS } from "../../../ffi/symbols/memory.ts";

/** In MB (millions of bytes), the mean of several helpers. */
export interface Memory {
  /** Pages of files, each divided by the number of processes that have it mapped. */
  readonly file: number;
  /** Pages of no file: nobody else has them. */
  readonly own: number;
}

const SYMBOLS = { ...MEMORY_SYMBOLS, ...DESCRIPTOR_SYMBOLS, ...IO_SYMBOLS };

/** Looks at the memory of processes, by smaps_rollup of proc_pid_smaps(5). */
export class MemoryReader implements Disposable {
  readonly #libc: Libc<typeof SYMBOLS> = openLibc(SYMBOLS);

  /**
   * The mean of helpers, each with its descendants: virtiofsd serves from a child.
   * The guest's memory, which is mapped, is not in it.
   */
  mean(pids: readonly number[]): Memory {
    const all = pids.flatMap((pid) => [pid, ...this.#descendants(pid)]);
    let file = 0, own = 0;
    for (const pid of all) {
      using proc = new ProcDirectory(this.#libc, pid);
      const text = proc.readText("smaps_rollup");
      file += megabytes(text, "Pss_File");
      own += megabytes(text, "Pss_Anon");
    }
    return { file: file / pids.length, own: own / pids.length };
  }

  #descendants(pid: number): number[] {
    using proc = new ProcDirectory(this.#libc, pid);
    return proc.readText(`task/${pid}/children`).split(" ")
      .filter((text) => text.trim() !== "").map(Number)
      .flatMap((child) => [child, ...this.#descendants(child)]);
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }
}

function megabytes(text: string, name: string): number {
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text) ??
    [];
  if (kilobytes === undefined) {
    throw new Error(`Cannot measure: this kernel does not tell ${name}`);
  }
  return Number(kilobytes) * 1024 / 1e6;
}
