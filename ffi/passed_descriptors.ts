/**
 * Bytes with descriptors beside them, unix(7): `SCM_RIGHTS`.
 *
 * @module
 */
import { MSG_DONTWAIT, SCM_RIGHTS, SOL_SOCKET } from "./constants.ts";
import type { Libc } from "./libc.ts";
import { allocate, type Fixed } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { GUEST_SETUP_SYMBOLS } from "./symbols/guest_memory.ts";

/** recvmsg(2). */
const MSG_CTRUNC = 0x8;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
/** A descriptor of the sender, where the socket was made to tell: SO_PASSPIDFD. */
const SCM_PIDFD = 4;

/** `struct msghdr` in 64-bit words: name, namelen, iov, iovlen, control, controllen, flags. */
const MSGHDR_WORDS = 7;
const IOV = 2, IOVLEN = 3, CONTROL = 4, CONTROL_LENGTH = 5;
/** Its flags in 32-bit words. */
const FLAGS_32 = 12;
/** `struct cmsghdr`: 64-bit length, 32-bit level and type; then the data, padded to 8 bytes. */
const CMSG_HEADER = 16;

/** Room for 32 descriptors, and for what a socket can be made to tell besides. */
const CONTROL_SIZE = 512;

/** What {@linkcode passedDescriptors} returns. */
export type PassedDescriptors = ReturnType<typeof passedDescriptors>;

/** Binds the calls to `libc`. */
export function passedDescriptors(
  libc: Libc<typeof DESCRIPTOR_SYMBOLS & typeof GUEST_SETUP_SYMBOLS>,
) {
  const control = allocate(libc, CONTROL_SIZE);
  const message = allocate(libc, 8 * MSGHDR_WORDS);
  const wide = new BigUint64Array(message.bytes.buffer);
  const vector = new BigUint64Array(new ArrayBuffer(16));
  const view = new DataView(control.bytes.buffer);

  const calls = {
    /** Whether descriptors were lost in the last {@linkcode receive}. */
    truncated: false,

    /**
     * Receives up to `size` bytes to `into`, from its byte `offset` on, without
     * waiting. Descriptors that come with them are added to `descriptors`;
     * the caller closes them. Returns the number of bytes or a negative errno.
     */
    receive(
      fd: number,
      into: Fixed,
      offset: number,
      size: number,
      descriptors: number[],
    ): number {
      vector[0] = libc.addressOf(into.bytes) + BigInt(offset);
      vector[1] = BigInt(size);
      wide.fill(0n);
      wide[IOV] = libc.addressOf(vector);
      wide[IOVLEN] = 1n;
      wide[CONTROL] = libc.addressOf(control.bytes);
      wide[CONTROL_LENGTH] = BigInt(CONTROL_SIZE);
      calls.truncated = false;
      const got = libc.symbols.recvmsg(
        fd,
        message.pointer,
        MSG_DONTWAIT | MSG_CMSG_CLOEXEC,
      );
      if (got < 0) return -libc.errno();
      calls.truncated = (message.words[FLAGS_32]! & MSG_CTRUNC) !== 0;
      collect(Number(wide[CONTROL_LENGTH]), descriptors);
      return got;
    },

    close(fd: number): void {
      libc.symbols.close(fd);
    },
  };
  return calls;

  /** Takes the descriptors out of `length` bytes of control messages. */
  function collect(length: number, descriptors: number[]): void {
    for (let at = 0; at + CMSG_HEADER <= length;) {
      const end = at + view.getUint32(at, true);
      const level = view.getInt32(at + 8, true);
      const type = view.getInt32(at + 12, true);
      if (end < at + CMSG_HEADER || end > length) return;
      if (level === SOL_SOCKET && (type === SCM_RIGHTS || type === SCM_PIDFD)) {
        for (let word = at + CMSG_HEADER; word + 4 <= end; word += 4) {
          const fd = view.getInt32(word, true);
          if (type === SCM_RIGHTS) descriptors.push(fd);
          else if (fd >= 0) libc.symbols.close(fd);
        }
      }
      at += Math.ceil((end - at) / 8) * 8;
    }
  }
}
