#!/usr/bin/env -S deno run
/**
 * The helper's entry, and its public surface: a client of the proxy protocol
 * and the types of the wire.
 *
 * ```sh
 * scripts/virtfs-proxy-helper -n -p DIR -f FD
 * ```
 *
 * @module
 */
export {
  type Answer,
  Client,
  type Stat,
  type StatFs,
} from "./src/proxy/client/client.ts";
export {
  Connection,
  ConnectionError,
  type Frame,
  type Word,
} from "./src/proxy/client/connection.ts";
export {
  type DecodedRequest,
  decodeRequest,
  encodeRequest,
  frame,
} from "./src/proxy/wire/encode.ts";
export {
  DESCRIPTOR_FOLLOWS,
  type FieldType,
  MAX_PAYLOAD,
  type ReplyForm,
  REQUEST_NAMES,
  type RequestFields,
  type RequestName,
  REQUESTS,
} from "./src/proxy/wire/protocol.ts";

if (import.meta.main) {
  // Only here: who imports the client needs none of the helper's own modules.
  const { main } = await import("./src/main.ts");
  Deno.exit(await main(Deno.args));
}
