/** The same requests through every form of ring and every layout of a chain. */
import { deepEqual, equal } from "node:assert/strict";
import { O_EXCL, O_RDWR } from "../../../ffi/constants.ts";
import { LAYOUTS } from "../../../src/vhost_user_fs/client/layout.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  read,
  write,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  lookup,
  unlink,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import {
  forEachServer,
  sameAsHost,
  type Trial,
} from "../support/each_server.ts";

const FORMS = [
  ["indirect, EVENT_IDX", { indirect: true, eventIdx: true }],
  ["direct, EVENT_IDX", { indirect: false, eventIdx: true }],
  ["indirect", { indirect: true, eventIdx: false }],
  ["direct", { indirect: false, eventIdx: false }],
] as const;

function everything(trial: Trial, size: number): void {
  const { session, host, path } = trial;
  const data = new Uint8Array(size);
  crypto.getRandomValues(data.subarray(0, Math.min(size, 65536)));
  for (const layout of LAYOUTS) {
    session.layout = layout;
    const name = `of ${layout}`;
    const made = session.must(create(ROOT, name, O_RDWR | O_EXCL, 0o640));
    equal(session.must(write(made.nodeid, made.opened.fh, 1, data)), size);
    deepEqual(session.must(read(made.nodeid, made.opened.fh, 1, size)), data);
    deepEqual(Deno.readFileSync(path(name)).subarray(1), data);
    sameAsHost(session.must(lookup(ROOT, name)).attributes, host, path(name));
    session.must(forget(made.nodeid, 2));
    equal(session.ask(getattr(made.nodeid)).errno !== 0, true);
    session.must(lookup(ROOT, name));
    session.must(unlink(ROOT, name));
  }
}

for (const [words, ring] of FORMS) {
  forEachServer(`requests by rings: ${words}`, (trial) => {
    everything(trial, 131072);
  }, { frontEnd: { ring } });
}

forEachServer("requests by memory that is told of in one table", (trial) => {
  everything(trial, 4096);
}, { frontEnd: { memoryTable: true } });

forEachServer("rings go on beyond the wrap of their indices", (trial) => {
  // 2^16 is passed once, and the ring's end every 64 requests.
  for (let count = 0; count < 66_000; count++) trial.must(getattr(ROOT));
}, { frontEnd: { ring: { size: 64 } } });

for (const [words, ring] of FORMS.slice(0, 2)) {
  forEachServer(`many requests in flight: ${words}`, (trial) => {
    const { session, frontEnd } = trial;
    const node = nodeOf(trial, "file");
    const ring = frontEnd.rings[1]!;
    for (let round = 0; round < 200; round++) {
      const sent = new Set(
        [0, 1, 2, 3, 4, 5].map((index) =>
          session.send(getattr(index % 2 ? node : ROOT))
        ),
      );
      session.kick(ring);
      while (sent.size > 0) {
        const [pending, answer] = session.next(ring);
        equal(sent.delete(pending as never), true);
        equal(answer.errno, 0);
      }
    }
    equal(ring.inFlight, 0);
  }, { prepare: makeFiles, frontEnd: { ring } });
}

for (const queues of [4, 64]) {
  forEachServer(`${queues} request queues`, (trial) => {
    const { session } = trial;
    const node = nodeOf(trial, "file");
    for (let count = 0; count < 4 * queues; count++) {
      session.queue = 1 + count % queues;
      sameAsHost(
        session.must(getattr(node)).attributes,
        trial.host,
        trial.path("file"),
      );
    }
    // Some at the same time.
    for (let first = 0; first < queues; first += 4) {
      const sent = [0, 1, 2, 3].map((index) => {
        session.queue = 1 + first + index;
        return session.send(getattr(node));
      });
      for (const { ring } of sent) session.kick(ring);
      for (const { ring } of sent) equal(session.next(ring)[1].errno, 0);
    }
    session.must(forget(node));
  }, {
    prepare: makeFiles,
    servers: ["ours"],
    frontEnd: { requestQueues: queues, ring: { size: 16 } },
  });
}
