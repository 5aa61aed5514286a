/** The byte stream: split, joined, cut off, and a peer that does not read. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { encodeRequest, frame } from "../../src/proxy/wire/encode.ts";
import {
  DESCRIPTOR_FOLLOWS,
  REQUESTS,
  STAT_SIZE,
} from "../../src/proxy/wire/protocol.ts";
import { startHelper, startServing } from "../support/helpers.ts";
import { descriptors } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";

const test = testsThatNeed("root");

test("The end of the stream between requests is a good end", async () => {
  await using helper = await startHelper();
  equal(helper.client.lstat("/").errno, 0);
  const output = await helper.finish();
  match(output, /info: The peer closed the connection\n/);
});

for (const length of [1, 7, 8, 12]) {
  test(`The end of the stream ${length} bytes into a request is a good end, and logged`, async () => {
    await using helper = await startServing();
    helper.connection.send(
      encodeRequest("LSTAT", { path: "/abc" }).slice(0, length),
    );
    const output = await helper.finish();
    match(
      output,
      /warning: The peer closed the connection in the middle of a request/,
    );
  });
}

for (
  const [what, bytes] of [
    ["an unknown type", frame(22, new Uint8Array(4))],
    ["the type of a success", frame(0, new Uint8Array(4))],
    ["the type of an error", frame(1, new Uint8Array(4))],
    ["the largest type", frame(0xffffffff, new Uint8Array(4))],
    [
      "a size over 65536",
      frame(REQUESTS.LSTAT.number, new Uint8Array(0), 65537),
    ],
    [
      "the largest size",
      frame(REQUESTS.LSTAT.number, new Uint8Array(0), 0xffffffff),
    ],
  ] as const
) {
  test(`A request with ${what} ends the connection, with status 1`, async () => {
    await using helper = await startServing();
    helper.connection.send(bytes);
    equal(helper.connection.receiveSome(1).length, 0);
    const { code, output } = await helper.stop();
    equal(code, 1);
    match(output, /error: Cannot go on: the peer sent a request of type/);
  });
}

for (const name of ["OPEN", "CREATE"] as const) {
  test(`${name} with a size over 65536 is refused before the connection ends`, async () => {
    await using helper = await startServing();
    helper.connection.send(
      frame(REQUESTS[name].number, new Uint8Array(0), 65537),
    );
    equal(helper.connection.receiveWord().value, -5);
    equal(helper.connection.receiveSome(1).length, 0);
    equal((await helper.stop()).code, 1);
  });
}

test("Replies that a slow peer leaves in the socket arrive whole and in order", async () => {
  await using helper = await startHelper();
  for (let i = 0; i < 50; i++) {
    Deno.writeFileSync(`${helper.directory}/${i}`, new Uint8Array(i));
  }
  // 5,000 replies of 124 bytes are three times what a socket buffer holds.
  const requests = Array.from(
    { length: 5000 },
    (_, i) => encodeRequest("LSTAT", { path: `/${i % 50}` }),
  );
  helper.connection.send(joined(requests));
  for (let i = 0; i < requests.length; i++) {
    const { type, payload } = helper.connection.receiveFrame();
    equal(type, 0);
    equal(payload.length, STAT_SIZE);
    equal(new DataView(payload.buffer).getBigUint64(44, true), BigInt(i % 50));
  }
  await helper.finish();
});

test("Each of many unread descriptors comes with its own word, or is refused by an errno", async () => {
  await using helper = await startHelper();
  Deno.writeTextFileSync(`${helper.directory}/file`, "");
  const count = 2000;
  const request = encodeRequest("OPEN", { path: "/file", flags: 0 });
  helper.connection.send(joined(Array.from({ length: count }, () => request)));
  const counts = { passed: 0, refused: 0 };
  for (let i = 0; i < count; i++) {
    const { value, descriptors: passed } = helper.connection.receiveWord();
    passed.forEach((fd) => helper.connection.closeDescriptor(fd));
    if (value < 0) {
      equal(passed.length, 0);
      counts.refused++;
    } else {
      equal(value, DESCRIPTOR_FOLLOWS);
      equal(passed.length, 1);
      counts.passed++;
    }
  }
  ok(counts.passed > 100, `only ${counts.passed} were passed`);
  const open = [...(await descriptors(helper.pid)).values()];
  deepEqual(open.filter((name) => name.endsWith("/file")), []);
  await helper.finish();
});

test("A peer that goes away with replies unread is a good end", async () => {
  await using helper = await startHelper();
  const request = encodeRequest("LSTAT", { path: "/" });
  helper.connection.send(joined(Array.from({ length: 5000 }, () => request)));
  const { code, signal } = await helper.stop();
  equal(signal, null);
  equal(code, 0);
});

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
