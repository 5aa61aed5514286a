/**
 * Holds an answer against the request that was really made, byte by byte as the
 * device has seen it: used.len, header, size of the body, and what it says.
 *
 * @module
 */
import { EINVAL, ENOSYS } from "../../../ffi/errno.ts";
import { Reader } from "../../../src/vhost_user_fs/client/bytes.ts";
import { UNTOUCHED } from "../../../src/vhost_user_fs/client/layout.ts";
import * as replies from "../../../src/vhost_user_fs/client/replies.ts";
import { OPCODES } from "../../../src/vhost_user_fs/client/request.ts";
import { IN_HEADER_SIZE } from "./mutations.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const OUT_HEADER_SIZE = 16;
const MAX_ERRNO = 511;
/** Where WRITE's data begin. */
const DATA = 80;

/** A success's body by opcode: its size, where that is always the same, and what reads it. */
interface Form {
  readonly exactly?: number;
  readonly decode?: (body: Bytes) => unknown;
}

const STATUS = { exactly: 0 };
const ENTRY = { exactly: 128, decode: replies.decodeEntry };
const ATTR = { exactly: 104, decode: replies.decodeAttributes };
const OPEN = { exactly: 16, decode: replies.decodeOpened };
const CREATE = { exactly: 144, decode: replies.decodeCreated };
const NUMBER = { exactly: 8 };

const FORMS: Readonly<Partial<Record<keyof typeof OPCODES, Form>>> = {
  LOOKUP: ENTRY,
  GETATTR: ATTR,
  SETATTR: ATTR,
  READLINK: { decode: withoutNul },
  SYMLINK: ENTRY,
  MKNOD: ENTRY,
  MKDIR: ENTRY,
  UNLINK: STATUS,
  RMDIR: STATUS,
  RENAME: STATUS,
  LINK: ENTRY,
  OPEN: OPEN,
  READ: {},
  WRITE: { exactly: 8, decode: size },
  STATFS: { exactly: 80, decode: replies.decodeStatFs },
  RELEASE: STATUS,
  FSYNC: STATUS,
  SETXATTR: STATUS,
  GETXATTR: {},
  LISTXATTR: {},
  REMOVEXATTR: STATUS,
  FLUSH: STATUS,
  INIT: { exactly: 64, decode: replies.decodeInit },
  OPENDIR: OPEN,
  READDIR: { decode: replies.decodeDirectory },
  RELEASEDIR: STATUS,
  FSYNCDIR: STATUS,
  CREATE,
  DESTROY: STATUS,
  FALLOCATE: STATUS,
  READDIRPLUS: { decode: replies.decodeDirectoryPlus },
  RENAME2: STATUS,
  LSEEK: NUMBER,
  COPY_FILE_RANGE: { exactly: 8, decode: size },
  SYNCFS: STATUS,
  TMPFILE: CREATE,
  STATX: { exactly: 288 },
  COPY_FILE_RANGE_64: NUMBER,
};

const BY_NUMBER = new Map<number, Form>(
  Object.entries(FORMS).map(([name, form]) => [
    OPCODES[name as keyof typeof OPCODES],
    form,
  ]),
);

/** A success that was asked for by opcode `opcode`. */
export interface Success {
  readonly opcode: number;
  readonly body: Bytes;
  /** What the body says, where it is read. */
  readonly value: unknown;
}

function withoutNul(body: Bytes): undefined {
  if (body.includes(0)) throw new replies.ReplyError("A target has a NUL");
}

function size(body: Bytes): undefined {
  if (new Reader(body).u32(4) !== 0) {
    throw new replies.ReplyError("There is something in the padding");
  }
}

/** What is wrong with how a chain came back that no driver makes, if anything is. */
export function weakFault(used: number, room: number): string | undefined {
  const fits = used === 0 || used >= OUT_HEADER_SIZE;
  return fits && used <= Math.max(room, 16 * 65536)
    ? undefined
    : `used.len is ${used}`;
}

/**
 * The success in an answer to a chain that is right, undefined where it is none.
 *
 * @throws {replies.ReplyError} where the answer is none that may come
 */
export function judge(
  question: Bytes,
  used: number,
  answer: Bytes,
): Success | undefined {
  const header = new Uint8Array(IN_HEADER_SIZE);
  header.set(question.subarray(0, IN_HEADER_SIZE));
  const request = new Reader(header);
  const whole = question.length >= IN_HEADER_SIZE;
  const length = request.u32(0), opcode = whole ? request.u32(4) : -1;
  const silent = opcode === OPCODES.FORGET || opcode === OPCODES.BATCH_FORGET;
  if (silent || answer.length < OUT_HEADER_SIZE) {
    must(used === 0, `used.len is ${used}, not 0`);
    untouched(answer, 0);
    return undefined;
  }
  const reader = new Reader(answer);
  const error = reader.i32(4);
  must(used === reader.u32(0), `used.len is ${used}, len ${reader.u32(0)}`);
  must(used >= OUT_HEADER_SIZE && used <= answer.length, `len is ${used}`);
  must(error <= 0 && error >= -MAX_ERRNO, `error is ${error}`);
  must(
    reader.u64(8) === request.u64(8),
    `the reply to ${reader.u64(8)} came to ${request.u64(8)}`,
  );
  untouched(answer, used);
  const form = BY_NUMBER.get(opcode);
  if (!whole) must(error === -EINVAL, `a piece of a header: ${error}`);
  else if (form === undefined) must(error === -ENOSYS, `unknown: ${error}`);
  else if (length > question.length || length < IN_HEADER_SIZE) {
    must(error === -EINVAL, `a length of ${length}: ${error}`);
  }
  if (error < 0) {
    must(used === OUT_HEADER_SIZE, "an error has a body");
    return undefined;
  }
  const body = answer.slice(OUT_HEADER_SIZE, used);
  const { exactly, decode } = form!;
  const most = exactly ?? limit(opcode, question);
  if (opcode === OPCODES.WRITE) {
    const written = new Reader(body).u32(0);
    const sent = Math.min(new Reader(question).u32(56), length - DATA);
    must(written <= sent, `${written} bytes were written, of ${sent}`);
  }
  const right = exactly === undefined
    ? body.length <= most
    : body.length === most;
  must(right, `a body of ${body.length} bytes, where ${most} are due`);
  return { opcode, body, value: decode?.(body) };
}

/** How long the body may be, by what the request asks for. */
function limit(opcode: number, question: Bytes): number {
  const reader = new Reader(question);
  switch (opcode) {
    case OPCODES.READ:
    case OPCODES.READDIR:
    case OPCODES.READDIRPLUS:
      return reader.u32(56);
    case OPCODES.GETXATTR:
    case OPCODES.LISTXATTR:
      return reader.u32(40) || 8;
    default:
      return 4095;
  }
}

function untouched(answer: Bytes, from: number): void {
  for (let at = from; at < answer.length; at++) {
    must(answer[at] === UNTOUCHED, `byte ${at} was written, behind ${from}`);
  }
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new replies.ReplyError(what);
}
