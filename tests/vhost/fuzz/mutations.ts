/**
 * From a request to its bytes, some of which are not what they should be.
 *
 * @module
 */
import { OPCODES } from "../../../src/vhost_user_fs/client/request.ts";
import type { Random } from "../../differential/random.ts";
import { EDGES, type Pool } from "./pool.ts";
import type { Made } from "./making.ts";
import { numberOf } from "./requests.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const IN_HEADER_SIZE = 40;
const EXT_GROUPS = 32;
const IDS = [0, 0, 0, 0, 1000, 1001, 0x8000_0000, 0xffff_ffff];
const NUMBERS = Object.values(OPCODES);

/** How often a request is not what it should be, in percent. */
const WRONG = 15;

/** The bytes of a request. */
export function encode(
  { op, nodeid, args }: Made,
  unique: bigint,
  pool: Pool,
  random: Random,
): Bytes {
  const groups = random.chance(4) ? extension(random) : NONE;
  const bytes = new Uint8Array(
    IN_HEADER_SIZE + args.length + groups.length,
  );
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, numberOf(op), true);
  view.setBigUint64(8, unique, true);
  view.setBigUint64(16, nodeid, true);
  view.setUint32(24, random.pick(IDS), true);
  view.setUint32(28, random.pick(IDS), true);
  view.setUint32(32, 1, true);
  view.setUint16(36, groups.length / 8, true);
  bytes.set(args, IN_HEADER_SIZE);
  bytes.set(groups, IN_HEADER_SIZE + args.length);
  return random.chance(WRONG) ? mutate(bytes, pool, random) : bytes;
}

/** `struct fuse_ext_header` and `fuse_supp_groups`, or what looks like it. */
function extension(random: Random): Bytes {
  const bytes = new Uint8Array(16 + 8 * random.below(3));
  const view = new DataView(bytes.buffer);
  const right = random.chance(70);
  view.setUint32(0, right ? bytes.length : random.seed(), true);
  view.setUint32(4, random.chance(80) ? EXT_GROUPS : random.below(40), true);
  view.setUint32(8, random.chance(80) ? 1 : random.seed(), true);
  view.setUint32(12, random.pick(IDS), true);
  return bytes;
}

function mutate(bytes: Bytes, pool: Pool, random: Random): Bytes {
  const view = new DataView(bytes.buffer);
  const edge = random.pick(EDGES);
  switch (random.below(9)) {
    case 0:
      view.setUint32(0, Number(edge & 0xffff_ffffn), true);
      return bytes;
    case 1:
      view.setUint32(0, bytes.length + random.below(80) - 40, true);
      return bytes;
    case 2:
      view.setUint32(4, random.pick(NUMBERS), true);
      return bytes;
    case 3:
      view.setBigUint64(16, random.chance(50) ? edge : pool.node(), true);
      return bytes;
    case 4:
      view.setUint16(36, random.below(random.chance(50) ? 8 : 65536), true);
      return bytes;
    case 5:
      return bytes.slice(0, random.below(bytes.length + 1));
    case 6: {
      const longer = new Uint8Array(bytes.length + random.below(200));
      longer.set(bytes);
      if (random.chance(50)) {
        new DataView(longer.buffer).setUint32(0, longer.length, true);
      }
      return longer;
    }
    case 7:
      // A number of the arguments.
      for (let at = IN_HEADER_SIZE; at + 8 <= bytes.length; at += 8) {
        if (random.chance(30)) view.setBigUint64(at, edge, true);
      }
      return bytes;
    default:
      for (
        let count = random.below(6);
        count > 0 && bytes.length > 0;
        count--
      ) {
        bytes[random.below(bytes.length)] = random.below(256);
      }
      return bytes;
  }
}

const NONE: Bytes = new Uint8Array(0);
