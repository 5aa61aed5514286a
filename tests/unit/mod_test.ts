import { deepEqual, equal } from "node:assert/strict";
import * as library from "../../mod.ts";

const MODULE = new URL("../../mod.ts", import.meta.url).pathname;

Deno.test("mod.ts exports clients and wires, and nothing of the helper", () => {
  deepEqual(Object.keys(library).sort(), [
    "Client",
    "Connection",
    "ConnectionError",
    "DESCRIPTOR_FOLLOWS",
    "MAX_PAYLOAD",
    "REQUESTS",
    "REQUEST_NAMES",
    "decodeRequest",
    "encodeRequest",
    "frame",
  ]);
});

Deno.test("mod.ts does nothing when it is run, and needs no permission", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-config", MODULE, "-n"],
  }).output();
  const text = new TextDecoder();
  equal(text.decode(stdout) + text.decode(stderr), "");
  equal(code, 0);
});
