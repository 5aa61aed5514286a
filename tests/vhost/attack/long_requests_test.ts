/** Requests for as much as a chain can hold: while one is served, nobody else is. */
import { equal } from "node:assert/strict";
import { O_RDWR } from "../../../ffi/constants.ts";
import type { Request } from "../../../src/vhost_user_fs/client/request.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { setattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { type Attack, attack } from "../support/attack.ts";

const MIB = 1024 * 1024, GIB = 1024 * MIB;
/** As many descriptors, each of the same memory. */
const PIECES = 256, PIECE = 8 * MIB;

/** Lays out `request` with 2 GiB to read or to write, and returns what its reply says: len, and the first word. */
function play(
  { frontEnd, session }: Attack,
  request: Request<unknown>,
  writes: boolean,
): [length: number, first: number] {
  const { memory, requestArea, rings: [, ring] } = frontEnd;
  const [header, args] = session.encode(request, 7n);
  memory.bytes.set(header!, requestArea);
  memory.bytes.set(args!, requestArea + 40);
  const answer = requestArea + 4096;
  const at = (offset: number, length: number, writable: boolean) => ({
    address: memory.guestAddress + offset,
    length,
    writable,
  });
  const data = Array.from(
    { length: PIECES },
    () => at(memory.size - PIECE, PIECE, !writes),
  );
  const question = at(requestArea, 80, false);
  const reply = at(answer, writes ? 24 : 16, true);
  const chain = writes
    ? [question, ...data, reply]
    : [question, reply, ...data];
  const taken = ring!.claim(chain.length);
  chain.forEach((buffer, index) =>
    ring!.write(
      ring!.descriptorAt(taken[index]!),
      buffer,
      taken[index + 1] ?? -1,
    )
  );
  ring!.publish(taken[0]!);
  ring!.kick();
  const { length } = ring!.collect(frontEnd.connection.fd, frontEnd.limit);
  equal(memory.view.getUint32(answer, true), length);
  return [length, memory.view.getUint32(answer + 16, true)];
}

attack("READ, WRITE and COPY_FILE_RANGE of gigabytes are short", (attack) => {
  const { session, host, stopped, export: top } = attack;
  Deno.writeTextFileSync(`${top}/file`, "");
  Deno.writeTextFileSync(`${top}/other`, "");
  const node = session.must(names.lookup(ROOT, "file")).nodeid;
  const other = session.must(names.lookup(ROOT, "other")).nodeid;
  const { fh } = session.must(files.open(node, O_RDWR));
  const to = session.must(files.open(other, O_RDWR)).fh;
  session.must(setattr(node, { size: 4 * GIB }));
  const size = PIECES * PIECE;
  const most = 32 * MIB;
  const [read] = play(attack, files.read(node, fh, 0, size), false);
  equal(read, 16 + most);
  const write = {
    ...files.write(node, fh, 0, new Uint8Array(0), { size }),
    length: 80 + size,
  };
  const [length, written] = play(attack, write, true);
  equal(`${length} ${written}`, `24 ${most}`);
  session.must(setattr(node, { size: 0 }));
  session.must(setattr(node, { size: 4 * GIB }));
  const copied = session.must(files.copyFileRange(
    { nodeid: node, fh, offset: 0 },
    { nodeid: other, fh: to, offset: 0 },
    4 * GIB,
  ));
  equal(
    copied <= 64 * MIB && host.lstat(`${top}/other`).size === BigInt(copied),
    true,
  );
  session.must(setattr(other, { size: 0 }));
  session.must(files.release(node, fh));
  session.must(files.release(other, to));
  stopped(
    "READ and WRITE of 2 GiB by one chain, and COPY_FILE_RANGE of 4 GiB",
    "the helper, which does no more at once than a guest may ask for",
  );
});
