/**
 * The guest's memory and its events: mappings of passed descriptors, eventfd(2),
 * epoll(7), recvmsg(2).
 *
 * @module
 */

/** Called for requests, or while one is waited for. */
export const GUEST_MEMORY_SYMBOLS = {
  // void *memcpy(void *dest, const void *src, size_t n): between addresses that are numbers
  copy_at: {
    name: "memcpy",
    parameters: ["u64", "u64", "u64"],
    result: "void",
  },
  // ssize_t write(int fd, const void *buf, size_t count): of an eventfd(2)
  write_event: {
    name: "write",
    parameters: ["i32", "pointer", "usize"],
    result: "i32",
  },
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
  epoll_wait: {
    parameters: ["i32", "pointer", "i32", "i32"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** Called when the device is set up. */
export const GUEST_SETUP_SYMBOLS = {
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
  map_memory: {
    name: "mmap",
    parameters: ["usize", "usize", "i32", "i32", "i32", "i64"],
    result: "usize",
  },
  // int munmap(void *addr, size_t length)
  unmap_memory: {
    name: "munmap",
    parameters: ["usize", "usize"],
    result: "i32",
  },
  // int getpagesize(void)
  getpagesize: { parameters: [], result: "i32" },
  // ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
  recvmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  // ssize_t readlinkat(int dirfd, const char *path, char *buf, size_t size): of a descriptor's magic link
  read_link_at: {
    name: "readlinkat",
    parameters: ["i32", "buffer", "buffer", "usize"],
    result: "i32",
  },
  // int epoll_create1(int flags)
  epoll_create1: { parameters: ["i32"], result: "i32" },
  // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
  epoll_ctl: { parameters: ["i32", "i32", "i32", "pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
