/**
 * What the log says of a request at its level `debug`.
 *
 * @module
 */
import { errnoName } from "../../../ffi/errno.ts";
import { quoteBytes } from "../../log/quote.ts";
import { dense } from "./opcodes.ts";
import type { Request } from "./request.ts";

const NAMES = dense((name) => name);

/** One line: `LOOKUP node 1, 1000:1000 "name": ENOENT`. Makes garbage. */
export function describe(
  opcode: number,
  request: Request,
  result: number,
): string {
  const { uid, gid, strings } = request;
  // Below 2^53, as this server gives them; any number from another.
  const node = request.nodeHigh * 2 ** 32 + request.nodeLow;
  const quoted = strings.map((text) => ` ${quoteBytes(text)}`).join("");
  const outcome = result < 0 ? errnoName(-result) : `${result}`;
  return `${
    NAMES[opcode] ?? `request ${opcode}`
  } node ${node}, ${uid}:${gid}${quoted}: ${outcome}`;
}
