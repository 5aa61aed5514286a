/**
 * Handlers that must not compile. Where one of the errors that are expected
 * here is missing, the type checker reports it, so `deno task check` fails.
 *
 * @module
 */
import { deepEqual, notEqual, ok } from "node:assert/strict";
import type { CString } from "../../../../ffi/memory.ts";
import type { Handler } from "../../../../src/proxy/handler.ts";
import { encodeRequest } from "../../../../src/proxy/wire/encode.ts";
import {
  HEADER_SIZE,
  type REQUESTS,
} from "../../../../src/proxy/wire/protocol.ts";
import { RequestReader } from "../../../../src/proxy/wire/request_reader.ts";

type HandlerOf<Name extends keyof typeof REQUESTS> = Handler<
  (typeof REQUESTS)[Name]["reply"]
>;

const descriptorAsStatus: HandlerOf<"CHMOD"> = ({ request, files }) =>
  // @ts-expect-error: a descriptor where a status is due
  files.open(request.string(), 0, 0);

const statusAsDescriptor: HandlerOf<"OPEN"> = ({ request, files }) =>
  // @ts-expect-error: a status where a descriptor is due
  files.chmod(request.string(), 1);

const statusAsSize: HandlerOf<"LSTAT"> = ({ request, files }) =>
  // @ts-expect-error: a status where the size of a payload is due
  files.lstat(request.string());

const descriptorAsSize: HandlerOf<"GETVERSION"> = ({ request, files }) =>
  // @ts-expect-error: a descriptor where the size of a payload is due
  files.open(request.string(), 0, 0);

// @ts-expect-error: the size of a payload where a descriptor is due
const sizeAsDescriptor: HandlerOf<"CREATE"> = ({ reply }) => reply.value16(0);

// @ts-expect-error: any number where a status is due
const numberAsStatus: HandlerOf<"LINK"> = () => 1;

// @ts-expect-error: an errno that is not negative
const errnoWithoutSign: HandlerOf<"STATFS"> = () => 2;

const bufferAsPath: HandlerOf<"REMOVE"> = ({ reply, files }) =>
  // @ts-expect-error: the reply's buffer as a path
  files.remove(reply.value);

const bufferAsName: HandlerOf<"RENAME"> = ({ request, reply, files }) =>
  // @ts-expect-error: the reply's buffer as a second path
  files.rename(request.string(), reply.value);

const sizeAsFile: HandlerOf<"CHOWN"> = ({ reply, files }) =>
  // @ts-expect-error: a size as a descriptor
  files.fchown(reply.value16(0), 0, 0);

const secondBeforeFirst: HandlerOf<"LINK"> = ({ request, files }) => {
  // @ts-expect-error: a string chosen by its number
  const to = request.string(1);
  return files.link(request.string(), to);
};

const secondByName: HandlerOf<"LINK"> = ({ request, files }) =>
  // @ts-expect-error: a method for the second string
  files.link(request.string(), request.secondString());

Deno.test("Wrong handlers do not compile", () => {
  const wrong = [
    ...[descriptorAsStatus, statusAsDescriptor, statusAsSize, descriptorAsSize],
    ...[sizeAsDescriptor, numberAsStatus, errnoWithoutSign, bufferAsPath],
    ...[bufferAsName, sizeAsFile, secondBeforeFirst, secondByName],
  ];
  // What this test shows was shown when it was compiled.
  ok(wrong.every((handler) => typeof handler === "function"));
});

Deno.test("A string that is read keeps its memory when the next is read", () => {
  const slot = (size: number) => ({
    bytes: new Uint8Array(size),
    pointer: { size } as unknown as CString,
  });
  const slots = [slot(10), slot(11), slot(12)] as const;
  const bytes = encodeRequest("RENAME", { old: "from", new: "to" });
  const request = new RequestReader(bytes, slots);
  request.reset(HEADER_SIZE, bytes.length);
  const [from, to] = [request.string(), request.string()];
  deepEqual([from, to], [slots[0].pointer, slots[1].pointer]);
  notEqual(from, to);
  const text = new TextDecoder();
  ok(text.decode(slots[0].bytes).startsWith("from\0"));
  ok(text.decode(slots[1].bytes).startsWith("to\0"));
  request.string();
  ok(request.overrun, "there was no third string in the payload");
});
