/**
 * Numbers of the Linux ABI. Where x86_64 and aarch64 differ both stand here.
 *
 * @module
 */
const arm = Deno.build.arch === "aarch64";

/** open(2) flags, from `asm-generic/fcntl.h` and arm64's own `asm/fcntl.h`. */
export const O_RDONLY = 0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_ACCMODE = 0o3;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DSYNC = 0o10000;
export const O_ASYNC = 0o20000;
export const O_DIRECT = arm ? 0o200000 : 0o40000;
export const O_LARGEFILE = arm ? 0o400000 : 0o100000;
export const O_DIRECTORY = arm ? 0o40000 : 0o200000;
export const O_NOFOLLOW = arm ? 0o100000 : 0o400000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
export const O_SYNC = 0o4010000;
export const O_PATH = 0o10000000;
/** `__O_TMPFILE` alone, without the O_DIRECTORY that O_TMPFILE contains. */
export const O_TMPFILE_BIT = 0o20000000;

/** File types within `st_mode`, inode(7). */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
/** Set-id bits within it. */
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;

/** The `*at` calls. */
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_EACCESS = 0x200;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
export const AT_RECURSIVE = 0x8000;

/** statx(2): what lstat(2) would give, and the mount it was found on. */
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_MNT_ID = 0x1000;

/** mmap(2). */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_PRIVATE = 0x02;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
/** madvise(2). */
export const MADV_DONTNEED = 4;

/** access(2). */
export const W_OK = 2;

/** openat2(2). */
export const RESOLVE_NO_MAGICLINKS = 2;
export const RESOLVE_NO_SYMLINKS = 4;

/** fcntl(2). */
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;

/** `_IOR('v', 1, long)`: ioctl_iflags(2)'s sibling for the inode's generation. */
export const FS_IOC_GETVERSION = 0x8008_7601n;

/** Sockets. */
export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = O_CLOEXEC;
export const SOCK_NONBLOCK = O_NONBLOCK;
export const SOL_SOCKET = 1;
export const SO_TYPE = 3;
export const SO_PEERCRED = 17;
export const SO_RCVTIMEO = 20;
export const SO_DOMAIN = 39;
export const SO_ACCEPTCONN = 30;
export const SCM_RIGHTS = 1;
export const MSG_PEEK = 0x2;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const POLLIN = 1;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLPRI = 2;
export const POLLOUT = 4;
export const EFD_CLOEXEC = O_CLOEXEC;

/** clock_gettime(2). */
export const CLOCK_MONOTONIC = 1;
export const CLOCK_MONOTONIC_COARSE = 6;

/** open_tree(2), mount_setattr(2). */
export const OPEN_TREE_CLONE = 1;
export const OPEN_TREE_CLOEXEC = O_CLOEXEC;
export const MOUNT_ATTR_RDONLY = 1;
export const MOUNT_ATTR_NOSUID = 2;
export const MOUNT_ATTR_NODEV = 4;
export const MOUNT_ATTR_NOEXEC = 8;
/** Linux 5.14. */
export const MOUNT_ATTR_NOSYMFOLLOW = 0x20_0000;
export const MOUNT_ATTR_IDMAP = 0x10_0000;
/** The propagation of a mount, mount_namespaces(7). */
export const MS_PRIVATE = 1n << 18n;
/** fsopen(2), fsconfig(2), fsmount(2). */
export const FSOPEN_CLOEXEC = 1;
export const FSCONFIG_CMD_CREATE = 6;
export const FSMOUNT_CLOEXEC = 1;
/** unshare(2), clone(2). */
export const CLONE_FS = 0x200;
export const CLONE_NEWUTS = 0x0400_0000;
export const CLONE_NEWIPC = 0x0800_0000;
export const CLONE_NEWNET = 0x4000_0000;
export const CLONE_NEWUSER = 0x1000_0000;
/** waitpid(2): children too that tell their end by no signal. */
export const __WALL = 0x4000_0000;

/** `f_flags` of statfs(2). */
export const ST_RDONLY = 1;
export const ST_NOSUID = 2;
export const ST_NODEV = 4;
export const ST_NOEXEC = 8;
/** linux/statfs.h, Linux 5.10. */
export const ST_NOSYMFOLLOW = 0x2000;

/** prctl(2). */
export const PR_GET_DUMPABLE = 3;
export const PR_SET_DUMPABLE = 4;
export const PR_CAPBSET_READ = 23;
export const PR_CAPBSET_DROP = 24;
export const PR_GET_SECUREBITS = 27;
export const PR_SET_NAME = 15;
export const PR_SET_SECUREBITS = 28;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_CAP_AMBIENT = 47;
export const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** setuid transitions leave the capabilities alone, capabilities(7). */
export const SECBIT_NO_SETUID_FIXUP = 1 << 2;

/** getrlimit(2), from asm-generic/resource.h. */
export const RLIMIT_FSIZE = 1;
export const RLIMIT_CORE = 4;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** flock(2): LOCK_EX | LOCK_NB. */
export const LOCK_EX_NB = 2 | 4;
/** fcntl(2), by which lockf(3) locks, too. */
export const F_SETLK = 6;

/** signal(2), signal(7). */
export const SIGUSR2 = 12;
export const SIGXFSZ = 25;
export const SIG_IGN = 1n;

/** getauxval(3). */
export const AT_SECURE = 23n;

/** seccomp(2), linux/seccomp.h. */
export const SECCOMP_SET_MODE_FILTER = 1;
export const SECCOMP_GET_ACTION_AVAIL = 2;
export const SECCOMP_FILTER_FLAG_TSYNC = 1;
export const SECCOMP_FILTER_FLAG_LOG = 2;
export const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
