/** Requests through a device: from a ring to the file system and back. */
import { deepEqual, equal } from "node:assert/strict";
import { Harness, OUT_HEADER } from "./harness.ts";

Deno.test("a request is served and its answer told", () => {
  using h = new Harness();
  const ring = h.started();
  h.put(0, [1, 2, 3, 4]);
  const head = ring.add([h.buffer(0, 4), h.buffer(64, 100, true)]);
  ring.publish(head);
  ring.kick();
  equal(h.run(), "idle");
  deepEqual(h.server.requests.map(({ bytes, queue }) => [[...bytes], queue]), [
    [[1, 2, 3, 4], 1],
  ]);
  deepEqual(ring.reap(), { head, length: OUT_HEADER + 4 });
  deepEqual(h.bytes(64 + OUT_HEADER, 4), [1, 2, 3, 4]);
  equal(h.signalled(ring.callFd), true);
  ring.close();
});
