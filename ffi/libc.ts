/**
 * Binds libc under a *scoped* ffi grant.
 *
 * A grant on paths switches off every pointer API of Deno
 * (`Deno.UnsafePointer`, `UnsafePointerView`, `UnsafeCallback`), which is what
 * we want of a root daemon. What remains needed is had from libc's own
 * `memcpy`: the address of a buffer (`memcpy(buffer, null, 0)` returns it) and
 * the content of `errno`.
 *
 * @module
 */
import type { MEMORY_SYMBOLS } from "./symbols/memory.ts";

type MemorySymbols = typeof MEMORY_SYMBOLS;

/**
 * Where libc is looked for, in order. The same list stands in the permission
 * manifest (`permissions.helper.ffi` in deno.json); grants are compared
 * letter by letter, so `/lib` and `/usr/lib` are two places.
 */
export const LIBC_CANDIDATES: readonly string[] = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
];

/** Where it is looked for by this program. */
let places = LIBC_CANDIDATES;

/** Before the arguments of the program, the launcher's own: the only place, and the only one that it has granted. */
const OPTION = "--libc=";

/**
 * Takes from the arguments of a program what the launcher has put before them,
 * where libc is in none of the usual places.
 */
export function takeLibc(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (!first?.startsWith(OPTION)) return args;
  places = [first.slice(OPTION.length)];
  return rest;
}

/** A bound library, errno, and addresses of buffers. */
export interface Libc<S extends Deno.ForeignLibraryInterface> {
  readonly symbols: Deno.DynamicLibrary<S>["symbols"];
  /** `errno` of the last failed call on the main thread, positive. */
  errno(): number;
  /** The address of `buffer`, which must be kept alive for as long as it is used. */
  pointerTo(buffer: BufferSource): Deno.PointerObject;
  /** The same as a number, to be stored inside of C structures. */
  addressOf(buffer: BufferSource): bigint;
  /** Fills `into` with what lies at `from`. */
  copyFrom(from: Deno.PointerObject, into: BufferSource): void;
  close(): void;
}

/**
 * Opens libc and binds two tables: `symbols`, with those of
 * `symbols/memory.ts` among them, for fast calls; `seldom` so that binding takes
 * less time and each call more.
 *
 * @throws {Error} where none of the candidates could be opened
 */
export function openLibc<
  S extends Deno.ForeignLibraryInterface & MemorySymbols,
  T extends Deno.ForeignLibraryInterface = Record<never, never>,
>(symbols: S, seldom: T = {} as T): Libc<S & T> {
  const failures: string[] = [];
  for (const path of places) {
    try {
      return wrap(bind(path, symbols, seldom));
    } catch (error) {
      failures.push(
        `${path}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  throw new Error(
    `Cannot bind libc: it could not be opened; start the program by its launcher, which asks Deno where libc is\n  ${
      failures.join("\n  ")
    }`,
  );
}

/**
 * Deno compiles a fast call for each function when it is bound: 0.1 ms, and
 * 0.06 more for every buffer in its parameters. It does not where a structure
 * is returned; and a structure of one int is returned in the register that the
 * int itself would be in, on x86_64 (System V ABI) and on aarch64 (AAPCS64).
 */
function bind<
  S extends Deno.ForeignLibraryInterface,
  T extends Deno.ForeignLibraryInterface,
>(path: string, symbols: S, seldom: T): Deno.DynamicLibrary<S & T> {
  const slow = Object.entries(seldom).filter(([, symbol]) =>
    "result" in symbol && symbol.result === "i32"
  ) as [string, Deno.ForeignFunction][];
  const library = Deno.dlopen(
    path,
    {
      ...symbols,
      ...seldom,
      ...Object.fromEntries(slow.map(([name, symbol]) => [
        name,
        { ...symbol, result: { struct: ["i32"] } },
      ])),
    } as S & T,
  );
  const calls: Record<string, unknown> = { ...library.symbols };
  for (const [name] of slow) {
    const call = calls[name] as
      | ((...parameters: unknown[]) => Uint8Array<ArrayBuffer>)
      | null;
    // An optional one, which this library does not have.
    if (call === null) continue;
    calls[name] = (...parameters: unknown[]) => {
      const result = call(...parameters);
      // Read without making anything: a garbage collection before errno is read may set another.
      return result[0]! | result[1]! << 8 | result[2]! << 16 | result[3]! << 24;
    };
  }
  return {
    symbols: calls as Deno.DynamicLibrary<S & T>["symbols"],
    close: () => library.close(),
  };
}

function wrap<S extends Deno.ForeignLibraryInterface & MemorySymbols>(
  library: Deno.DynamicLibrary<S>,
): Libc<S> {
  // TypeScript cannot see through the generic table; MemorySymbols holds by the bound above.
  const memory = library.symbols as unknown as Deno.DynamicLibrary<
    MemorySymbols
  >["symbols"];
  // errno is a variable of the thread: its address never changes for the main one.
  const location = memory.__errno_location();
  const word = new Int32Array(new ArrayBuffer(4));
  const target = memory.copy_from(word, null, 0n);
  return {
    symbols: library.symbols,
    errno() {
      memory.copy_between(target, location, 4n);
      return word[0]!;
    },
    pointerTo(buffer) {
      const pointer = memory.copy_from(buffer, null, 0n);
      if (pointer === null) throw new Error("Cannot take an address: null");
      return pointer;
    },
    copyFrom(from, into) {
      memory.copy_from(into, from, BigInt(into.byteLength));
    },
    addressOf: (buffer) => memory.address_of(buffer, null, 0n),
    close: () => library.close(),
  };
}
