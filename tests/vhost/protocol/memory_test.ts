/** Memory that comes and goes while the rings run. */
import { equal } from "node:assert/strict";
import { MAIN_REGION } from "../../../src/vhost_user_fs/client/front_end.ts";
import * as m from "../../../src/vhost_user_fs/client/messages.ts";
import type { Region } from "../../../src/vhost_user_fs/client/region.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  open,
  read,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import type { Buffer } from "../../../src/vhost_user_fs/client/ring.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import { failureOf, served } from "../support/back_end_state.ts";
import { forEachServer, type Trial } from "../support/each_server.ts";

const frontEnd = { limit: 30_000 };
const SIZE = 2 * 1024 * 1024;
const end = MAIN_REGION.guestAddress + MAIN_REGION.size;

function place(index: number, gap = 0) {
  return {
    guestAddress: end + gap + index * (SIZE + gap),
    userAddress: 0x7e00_0000_0000 - index * 0x1000_0000,
    size: SIZE,
    fileOffset: index * 4096,
  };
}

/** Sends GETATTR of the root by buffers of the test's own choice. Returns used.len, and what the reply's header says. */
function exchange(
  trial: Trial,
  question: Buffer,
  replies: Buffer[],
  header: Region,
  at: number,
): string {
  const { frontEnd, session } = trial;
  const ring = frontEnd.rings[1]!;
  const { view } = header;
  view.setUint32(at, 0xdead_beef, true);
  const head = ring.add([question, ...replies]);
  ring.publish(head);
  ring.kick();
  try {
    const used = ring.collect(frontEnd.connection.fd, frontEnd.limit);
    session.answered++;
    return `used ${used.length}, header ${view.getUint32(at, true)} ${
      view.getInt32(at + 4, true)
    }`;
  } catch (error) {
    return failureOf(error);
  }
}

/** Puts a GETATTR of the root at an offset of a region. */
function question(trial: Trial, region: Region, at: number): Buffer {
  const [header, args] = trial.session.encode(getattr(ROOT), 77n);
  region.bytes.set(header!, at);
  region.bytes.set(args!, at + header!.length);
  return {
    address: region.guestAddress + at,
    length: header!.length + args!.length,
    writable: false,
  };
}

forEachServer(
  "memory is added, used and removed while requests run",
  (trial) => {
    const { frontEnd } = trial;
    for (let round = 0; round < 3; round++) {
      const regions = [0, 1, 2, 3].map((index) =>
        frontEnd.addRegion(place(index, 4096))
      );
      for (const region of regions) {
        const reply = {
          address: region.guestAddress + 8192,
          length: 120,
          writable: true,
        };
        const said = exchange(
          trial,
          question(trial, region, 100),
          [reply],
          region,
          8192,
        );
        equal(said, "used 120, header 120 0");
        equal(served(trial), "done");
      }
      for (const region of regions.reverse()) {
        frontEnd.removeRegion(region);
        equal(served(trial), "done");
      }
    }
  },
  { frontEnd },
);

forEachServer("a buffer that lies in two regions", (trial) => {
  const { frontEnd } = trial;
  const first = frontEnd.addRegion(place(0));
  const second = frontEnd.addRegion({ ...place(1), guestAddress: end + SIZE });
  const reply = {
    address: first.guestAddress + SIZE - 20,
    length: 120,
    writable: true,
  };
  const said = exchange(
    trial,
    question(trial, first, 0),
    [reply],
    first,
    SIZE - 20,
  );
  trial.observe("a buffer in two regions", said, "used 120, header 120 0");
  if (trial.server !== "ours") return;
  // The attributes' nlink, far behind the edge.
  equal(second.view.getUint32(120 - 20 - 88 + 64, true) >= 2, true);
}, { frontEnd, ending: undefined });

forEachServer("data goes into memory that was added", (trial) => {
  const region = trial.frontEnd.addRegion(place(0, 65536));
  const node = nodeOf(trial, "file");
  const { fh } = trial.must(open(node, 0));
  const [header, args] = trial.session.encode(read(node, fh, 0, 4096), 78n);
  region.bytes.set(header!, 0);
  region.bytes.set(args!, 40);
  const asked = { address: region.guestAddress, length: 80, writable: false };
  const replies = [[4096, 16], [8192 + 5, 4096]].map(([at, length]) => ({
    address: region.guestAddress + at!,
    length: length!,
    writable: true,
  }));
  equal(exchange(trial, asked, replies, region, 4096), "used 21, header 21 0");
  equal(new TextDecoder().decode(region.bytes.slice(8197, 8202)), "hello");
}, { prepare: makeFiles, frontEnd });

forEachServer("the table of memory is replaced whole", (trial) => {
  const { frontEnd } = trial;
  for (let round = 0; round < 5; round++) {
    frontEnd.shareMemory();
    equal(served(trial), "done");
  }
}, { frontEnd: { ...frontEnd, memoryTable: true } });

forEachServer(
  "what lies in no memory is refused, and the rest is served",
  (trial) => {
    const { memory } = trial.frontEnd;
    const at = trial.frontEnd.requestArea;
    const addresses = [
      end,
      end + 0x1000_0000,
      0,
      MAIN_REGION.guestAddress - 4096,
      MAIN_REGION.userAddress,
      2 ** 52,
    ];
    for (const address of addresses) {
      const reply = { address, length: 120, writable: true };
      const said = exchange(
        trial,
        question(trial, memory, at),
        [reply],
        memory,
        at + 4096,
      );
      equal(said, `used 0, header ${0xdead_beef} 0`);
      equal(served(trial), "done");
    }
  },
  { frontEnd, servers: ["ours"] },
);

forEachServer("memory that was removed is not touched", (trial) => {
  const { frontEnd } = trial;
  const region = frontEnd.addRegion(place(0, 4096));
  const asked = question(trial, frontEnd.memory, frontEnd.requestArea);
  const reply = { address: region.guestAddress, length: 120, writable: true };
  equal(exchange(trial, asked, [reply], region, 0), "used 120, header 120 0");
  const copy = frontEnd.system.libc.symbols.fcntl(region.fd, 0, 0);
  frontEnd.removeRegion(region);
  frontEnd.system.close(copy);
  equal(
    exchange(
      trial,
      asked,
      [reply],
      frontEnd.memory,
      frontEnd.requestArea + 4096,
    ),
    `used 0, header ${0xdead_beef} 0`,
  );
  equal(served(trial), "done");
}, { frontEnd, servers: ["ours"] });

forEachServer("many slots", (trial) => {
  const { frontEnd } = trial;
  const count = Math.min(
    64,
    Number(frontEnd.connection.askWord(m.GET_MAX_MEM_SLOTS)) - 1,
  );
  const fd = frontEnd.system.memfd(count * 4096);
  const slot = (index: number) =>
    m.memoryRegion({
      guestAddress: end + 65536 + index * 8192,
      userAddress: 0x7000_0000_0000 + index * 8192,
      size: 4096,
      fileOffset: index * 4096,
    });
  for (let index = 0; index < count; index++) {
    frontEnd.must(m.ADD_MEM_REG, slot(index), [fd]);
  }
  equal(served(trial), "done");
  // Older front ends send a descriptor with it.
  for (let index = 0; index < count; index++) {
    frontEnd.must(
      m.REM_MEM_REG,
      slot(index),
      index % 2 && trial.server === "ours" ? [fd] : [],
    );
  }
  frontEnd.system.close(fd);
  equal(served(trial), "done");
}, { frontEnd, ending: undefined });
