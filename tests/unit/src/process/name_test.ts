/** How a process takes its name: the arguments in its memory are written over. */
import { deepEqual, equal } from "node:assert/strict";
import {
  parseArgumentArea,
  renameArguments,
} from "../../../../src/process/name.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("The arguments are replaced by the name and the program's own, to the last byte", () => {
  const cmdline = bytes("/usr/bin/deno\0run\0-q\0main.ts\0-p\0/a b\0\0");
  deepEqual(
    renameArguments(cmdline, "helper", ["-p", "/a b", ""]),
    bytes("helper\0-p\0/a b\0\0".padEnd(cmdline.length, "\0")),
  );
  deepEqual(
    renameArguments(bytes("/bin/helper\0"), "helper", []),
    bytes("helper\0".padEnd("/bin/helper\0".length, "\0")),
  );
  deepEqual(
    renameArguments(bytes("helper\0-n\0"), "helper", ["-n"]),
    bytes("helper\0-n\0"),
  );
});

Deno.test("Bytes of arguments stay that are not UTF-8", () => {
  const cmdline = new Uint8Array([...bytes("/bin/helper\0"), 0x2f, 0xff, 0]);
  const renamed = renameArguments(cmdline, "helper", ["/\ufffd"]);
  deepEqual([...renamed!.subarray(7, 10)], [0x2f, 0xff, 0]);
});

Deno.test("Arguments that are not what they should be stay", () => {
  // The name does not fit.
  equal(renameArguments(bytes("./h\0-n\0"), "helper", ["-n"]), undefined);
  equal(renameArguments(bytes("-n\0"), "", ["-n"]), undefined);
  // Others than the program has been given, or more.
  equal(renameArguments(bytes("/bin/deno\0-n\0"), "h", ["-p"]), undefined);
  equal(renameArguments(bytes("-n\0"), "h", ["-n", "-n", "-n"]), undefined);
  // Somebody has written over their end already.
  equal(renameArguments(bytes("/bin/deno\0-n"), "h", ["-n"]), undefined);
  equal(renameArguments(bytes(""), "h", []), undefined);
});

Deno.test("The place of the arguments is read past any name", () => {
  const fields = Array.from({ length: 50 }, (_, at) => String(at + 3));
  for (const name of ["deno", "a) 1 2 (b", ")", "a b"]) {
    deepEqual(parseArgumentArea(`7 (${name}) ${fields.join(" ")}\n`), {
      start: 48n,
      end: 49n,
    });
  }
  equal(parseArgumentArea(""), undefined);
  equal(parseArgumentArea("7 (deno) S 1 2"), undefined);
});
