/** Requests that QEMU would never make: a guest may have forged them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { ConnectionError } from "../../src/proxy/client/connection.ts";
import { encodeRequest, frame } from "../../src/proxy/wire/encode.ts";
import {
  HEADER_SIZE,
  MAX_PAYLOAD,
  REQUESTS,
} from "../../src/proxy/wire/protocol.ts";
import { EXAMPLES, prepareExamples } from "./requests.ts";
import { forEachImplementation, type Trial } from "./suite.ts";
import { done, refused } from "../support/said.ts";

function payloadOf({ name, fields }: (typeof EXAMPLES)[number]) {
  return encodeRequest(name, fields).subarray(HEADER_SIZE);
}

const test = forEachImplementation({ prepare: prepareExamples });

for (const example of EXAMPLES) {
  const { name } = example;
  forEachImplementation({ needs: ["xattrs"], prepare: prepareExamples })(
    `${name} cut short at any byte is ENOBUFS, and changes nothing`,
    ({ client, host, path }) => {
      const payload = payloadOf(example);
      const state = () => [
        host.names(path("")).map((found) => host.lstat(path(found))),
        host.xattr(path("file"), "user.a"),
      ];
      const before = state();
      for (let length = 0; length < payload.length; length++) {
        const cut = frame(REQUESTS[name].number, payload.subarray(0, length));
        refused(client.raw(name, cut), "ENOBUFS");
      }
      deepEqual(state(), before);
      done(client.lstat("/file"));
    },
  );
}

forEachImplementation({ needs: ["xattrs"], prepare: prepareExamples })(
  "bytes after the last field are ignored",
  ({ client, closed }) => {
    for (const example of EXAMPLES) {
      const payload = payloadOf(example);
      const longer = new Uint8Array(payload.length + 100).fill(0xff);
      longer.set(payload);
      const request = frame(REQUESTS[example.name].number, longer);
      const answer = client.raw(example.name, request);
      done(answer);
      if (REQUESTS[example.name].reply === "descriptor") {
        closed(answer as ReturnType<typeof client.open>);
      }
    }
  },
);

test("a string that is said to be longer than its payload is ENOBUFS", ({ client }) => {
  for (const length of [6, 7, 0x7fff, 0x8000, 0xffff]) {
    const payload = Uint8Array.of(length & 0xff, length >> 8, 47, 102, 0, 0, 0);
    for (const name of ["LSTAT", "OPEN", "REMOVE"] as const) {
      const request = frame(REQUESTS[name].number, payload);
      refused(client.raw(name, request), "ENOBUFS");
    }
  }
});

test("a payload may have 65536 bytes", ({ client, differs }) => {
  const path = payloadOf({ name: "LSTAT", fields: { path: "/file" } });
  const largest = new Uint8Array(MAX_PAYLOAD).fill(0xff);
  largest.set(path);
  const answer = client.raw("LSTAT", frame(REQUESTS.LSTAT.number, largest));
  equal((done(answer) as Uint8Array).length, 116);
  // One string that fills it: 2 bytes of length, 65533 of path, its NUL.
  const longest = "/".repeat(MAX_PAYLOAD - 3);
  differs("a path of 4096 bytes", () => client.lstat(longest));
  differs("a path of 4096 bytes", () => client.statfs(longest));
  done(client.lstat("/file"));
});

const NO_REQUESTS: readonly (readonly [string, number, number])[] = [
  ["type 0, the reply SUCCESS", 0, 4],
  ["type 1, the reply ERROR", 1, 4],
  ["the first type that is none", 22, 0],
  ["the highest type", 0xffffffff, 4],
  ["a payload of 65537 bytes", REQUESTS.LSTAT.number, MAX_PAYLOAD + 1],
  ["a payload of 4 GiB", REQUESTS.LSTAT.number, 0xffffffff],
];

for (const [what, type, size] of NO_REQUESTS) {
  test(`${what} ends the connection`, async ({ client, connection, differs, stop }) => {
    done(client.lstat("/file"));
    const sent = new Uint8Array(Math.min(size, MAX_PAYLOAD + 1));
    hasEnded(connection, frame(type, sent, size));
    const { ending } = await stop();
    differs("the end after a request that is none", () => ending);
  });
}

/** Sends what must be answered with the end of the connection. */
function hasEnded(
  connection: Trial["connection"],
  bytes: Uint8Array<ArrayBuffer>,
): void {
  try {
    connection.send(bytes);
    equal(connection.receiveSome(1).length, 0);
  } catch (error) {
    // The end came before all was sent, or read: which, is the kernel's choice.
    if (!(error instanceof ConnectionError)) throw error;
    match(error.message, /EPIPE|ECONNRESET/);
  }
}

for (const cut of [3, HEADER_SIZE, HEADER_SIZE + 4]) {
  test(`the end of the stream after ${cut} bytes of a request is an end`, async ({ client, connection, differs, stop }) => {
    done(client.lstat("/file"));
    connection.send(
      encodeRequest("OPEN", { path: "/file", flags: 0 }).slice(0, cut),
    );
    const { ending, output } = await stop();
    equal(ending, "exit 0");
    differs(
      "the log after half a request",
      () => /in the middle of a request/.exec(output)?.[0] ?? "nothing of it",
    );
  });
}
