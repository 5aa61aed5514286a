/**
 * A client of QEMU's 9p proxy protocol, and the protocol's requests as a table.
 * Importing it binds nothing and starts nothing; the helper itself is
 * `src/main.ts`.
 *
 * A client needs permission to bind libc and nothing else:
 * `deno run --allow-ffi=/lib/x86_64-linux-gnu/libc.so.6`. Each answer is a value, or
 * an errno. Here a helper listens at `/run/share.sock` for the user of this program,
 * `virtfs-proxy-helper -n -p DIR -s /run/share.sock -u USER -g GROUP`, and `DIR`
 * belongs to it:
 *
 * ```ts
 * import { Client, Connection } from "@virtfs/proxy-helper";
 *
 * using client = new Client(Connection.connect("/run/share.sock"));
 * const made = client.mkdir("/directory", 0o755, 1000, 1000);
 * if (made.errno !== 0) throw new Error(`MKDIR failed: errno ${made.errno}`);
 * const { value: stat } = client.lstat("/directory");
 * console.log(stat?.mode.toString(8), stat?.uid); // 40755 1000
 * console.log(client.lstat("/nothing").errno); // 2, ENOENT
 * ```
 *
 * Requests are bytes that any transport may carry, and need no permission:
 *
 * ```ts
 * import { decodeRequest, encodeRequest, REQUESTS } from "@virtfs/proxy-helper";
 *
 * const bytes = encodeRequest("LSTAT", { path: "/directory" });
 * const header = new DataView(bytes.buffer);
 * const type = header.getUint32(0, true), size = header.getUint32(4, true);
 * if (type !== REQUESTS.LSTAT.number) throw new Error("This is no LSTAT");
 * const request = decodeRequest(type, bytes.subarray(8, 8 + size));
 * console.log(request?.name, request?.fields.path); // LSTAT, and the path's bytes
 * ```
 *
 * The front end of vhost-user in `src/vhost_user_fs/client` is none of this: it is a
 * tool of the tests, which sends what no VMM would, and changes with them.
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
