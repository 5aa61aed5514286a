/** What the export is called, whatever bytes its path is of. */
import { deepEqual } from "node:assert/strict";
import { exportName, printablePath } from "../../../../src/jail/export_name.ts";

Deno.test("A path is made absolute and printable", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const at = (cwd: Uint8Array<ArrayBuffer>) => ({ readLinkBytes: () => cwd });
  const both = (name: string) => ({ name, path: name });
  deepEqual(exportName(at(bytes("/cwd")), "/a/../b"), both("/a/../b"));
  deepEqual(exportName(at(bytes("/a,b")), "."), both("/a,b"));
  deepEqual(exportName(at(bytes("/ü")), "./x//y/"), both("/ü/x/y"));
  deepEqual(exportName(at(bytes("/")), "."), both("/"));
  deepEqual(exportName(at(bytes("/")), "x"), both("/x"));
  deepEqual(exportName(at(new Uint8Array([0x2f, 0xff, 0x61])), "."), {
    name: "/\\xffa",
    path: ".",
  });
  deepEqual(exportName({ readLinkBytes: () => undefined }, "x"), both("x"));
  deepEqual(printablePath(bytes("/a b")), { text: "/a b", exact: true });
});
