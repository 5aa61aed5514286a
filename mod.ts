/**
 * A client of QEMU's 9p proxy protocol, and the protocol's requests as a table.
 * Importing it binds nothing and starts nothing; the helper itself is
 * `src/main.ts`.
 *
 * ```ts
 * import { Client, Connection } from "./mod.ts";
 *
 * using client = new Client(Connection.connect("/run/share.sock"));
 * console.log(client.lstat("/"));
 * ```
 *
 * @module
 */
export {
  type Answer,
  Client,
  type Path,
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
  type FieldValue,
  MAX_PAYLOAD,
  type ReplyForm,
  REQUEST_NAMES,
  type RequestFields,
  type RequestName,
  REQUESTS,
  type RequestShape,
} from "./src/proxy/wire/protocol.ts";
