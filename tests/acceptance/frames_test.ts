/** A stream knows no frames: they come split, and joined. */
import { deepEqual, equal } from "node:assert/strict";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { type RequestName, REQUESTS } from "../../src/proxy/wire/protocol.ts";
import { EXAMPLES, prepareExamples } from "./requests.ts";
import { forEachImplementation, type Trial } from "./suite.ts";
import { done } from "../support/said.ts";

const NOTHING = new Uint8Array();

/** Sends the pieces of a request one after the other, each when the last has been read. */
async function sendInPieces(
  { connection, system }: Trial,
  pieces: readonly Uint8Array<ArrayBuffer>[],
): Promise<void> {
  for (const piece of pieces) {
    connection.send(piece);
    while (system.unread(connection.fd) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

const test = forEachImplementation({ prepare: prepareExamples });

for (
  const { name, fields } of [
    { name: "LSTAT", fields: { path: "/file" } },
    { name: "OPEN", fields: { path: "/file", flags: 0 } },
    { name: "MKDIR", fields: { uid: 0, gid: 0, path: "/directory", mode: 0 } },
  ] as const
) {
  test(`${name} may come in two pieces, split at any byte`, async (trial) => {
    const { client } = trial;
    const request = encodeRequest(name, fields as never);
    const whole = take(trial, client.raw(name, request));
    for (let at = 1; at < request.length; at++) {
      await sendInPieces(trial, [request.slice(0, at)]);
      // The rest goes as if it were a request of its own, and is answered as the whole.
      const answer = client.raw(name, request.slice(at));
      deepEqual(take(trial, answer), whole, `split at ${at}`);
    }
  });
}

/** An answer that can be compared: a descriptor stands for the file that it is of. */
function take(
  { host }: Trial,
  answer: { errno: number; value?: unknown },
): unknown {
  if (typeof answer.value !== "number" || answer.errno !== 0) return answer;
  const { ino } = host.fstat(answer.value);
  host.close(answer.value);
  return { ino };
}

test("a request may come byte by byte", async (trial) => {
  const request = encodeRequest("LSTAT", { path: "/file" });
  const pieces = Array.from(request, (byte) => Uint8Array.of(byte));
  const last = pieces.pop()!;
  await sendInPieces(trial, pieces);
  equal((done(trial.client.raw("LSTAT", last)) as Uint8Array).length, 116);
});

forEachImplementation({ needs: ["xattrs"], prepare: prepareExamples })(
  "all requests may come in one piece, and are answered in order",
  ({ client, connection, host }) => {
    connection.send(
      join(EXAMPLES.map(({ name, fields }) => encodeRequest(name, fields))),
    );
    for (const { name } of EXAMPLES) {
      const answer = receive(client, name);
      done(answer);
      if (REQUESTS[name].reply === "descriptor") {
        host.close(answer.value as number);
      }
    }
    done(client.lstat("/file"));
  },
);

test("a piece may end in the middle of a request", async (trial) => {
  const one = encodeRequest("LSTAT", { path: "/file" });
  const other = encodeRequest("READLINK", { path: "/link", size: 4096 });
  const both = join([one, other, one]);
  for (let at = one.length; at < one.length + other.length; at++) {
    await sendInPieces(trial, [both.slice(0, at)]);
    equal((done(receive(trial.client, "LSTAT")) as Uint8Array).length, 116);
    trial.connection.send(both.slice(at));
    equal((done(receive(trial.client, "READLINK")) as Uint8Array).length, 6);
    equal((done(receive(trial.client, "LSTAT")) as Uint8Array).length, 116);
  }
});

test("answers wait while nobody reads them", ({ client, connection }) => {
  const count = 4000;
  const request = encodeRequest("LSTAT", { path: "/file" });
  connection.send(join(Array.from({ length: count }, () => request)));
  const first = done(receive(client, "LSTAT"));
  for (let i = 1; i < count; i++) {
    deepEqual(done(receive(client, "LSTAT")), first);
  }
});

forEachImplementation({
  needs: ["mount", "big xattrs"],
  prepare: (place) => {
    place.system.mountTmpfs(place.path(""), "size=64k,nr_inodes=1000");
    prepareExamples(place);
  },
})(
  "a long answer that the kernel takes in parts arrives whole",
  ({ client, connection, host, path }) => {
    const value = Uint8Array.from({ length: 65534 }, (_, i) => i % 251);
    host.setXattr(path("file"), "user.long", value);
    const request = encodeRequest("LGETXATTR", {
      size: 65534,
      path: "/file",
      name: "user.long",
    });
    const count = 40;
    connection.send(join(Array.from({ length: count }, () => request)));
    for (let i = 0; i < count; i++) {
      const payload = done(receive(client, "LGETXATTR")) as Uint8Array;
      deepEqual(payload.subarray(2), value);
    }
  },
);

test("descriptors that nobody has taken yet go with their own answers", ({ client, connection, host, path }) => {
  const names = ["/file", "/directory", "/nothing", "/directory", "/file"];
  connection.send(
    join(names.map((path) => encodeRequest("OPEN", { path, flags: 0 }))),
  );
  for (const name of names) {
    const answer = receive(client, "OPEN");
    if (name === "/nothing") {
      equal(answer.errno, 2);
      continue;
    }
    const fd = done(answer) as number;
    equal(host.fstat(fd).ino, host.lstat(path(name)).ino);
    host.close(fd);
  }
});

/** The next answer, to a request that was sent before. */
function receive(client: Trial["client"], name: RequestName) {
  return client.raw(name, NOTHING);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
