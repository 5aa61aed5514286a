/** Who reads the metrics file has all of one file, at every moment. */
import { deepEqual, ok } from "node:assert/strict";
import { O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "../../ffi/constants.ts";
import { fileLockCalls } from "../../ffi/file_lock.ts";
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { cString } from "../../ffi/memory.ts";
import { replacedFileCalls } from "../../ffi/replaced_file.ts";
import {
  SHARED_FAST,
  SHARED_SELDOM,
  type SharedSymbols,
} from "../../src/symbols.ts";
import { workspace } from "../support/workspace.ts";

const OLD = "old\n".repeat(5000), NEW = "newer\n".repeat(9000);

/** What a reader sees before each system call of `write`, and after the last. */
function seen(
  write: (libc: Libc<SharedSymbols>, directory: number, path: string) => void,
): string[] {
  using place = workspace();
  const path = `${place.path}/file`;
  Deno.writeTextFileSync(path, OLD);
  const texts: string[] = [];
  const look = () => {
    const text = Deno.readTextFileSync(path);
    texts.push(text === OLD ? "old" : text === NEW ? "new" : "a part");
  };
  const libc = openLibc(SHARED_FAST, SHARED_SELDOM);
  const symbols = new Proxy(libc.symbols, {
    get(symbols, name) {
      const call = Reflect.get(symbols, name);
      return (...args: unknown[]) => {
        look();
        return call(...args);
      };
    },
  });
  const directory = libc.symbols.openat(
    -1,
    cString(place.path),
    O_RDONLY | O_DIRECTORY | O_CLOEXEC,
    0,
  );
  write({ ...libc, symbols }, directory, path);
  look();
  libc.symbols.close(directory);
  libc.close();
  return [...new Set(texts)];
}

Deno.test("The file is the old one or the new one between any two system calls", () => {
  const texts = seen((libc, directory) => {
    const files = replacedFileCalls(libc);
    files.close(files.write(directory, ".draft", "file", NEW));
  });
  deepEqual(texts, ["old", "new"]);
});

Deno.test("A file that is rewritten in place is seen in part", () => {
  const texts = seen((libc, _, path) => {
    const files = fileLockCalls(libc);
    const fd = files.openOrMake(path, 0o644);
    files.overwrite(fd, NEW);
    files.close(fd);
  });
  ok(texts.includes("a part"), texts.join());
});
