/**
 * User namespaces for tests.
 *
 * @module
 */
const SYS_unshare = Deno.build.arch === "aarch64" ? 97 : 272;
const CLONE_NEWUSER_AND_NEWNS = 0x1002_0000;

/** Where the ids of {@linkcode withMappedIds} begin outside. */
export const FIRST_ID = 100_000;

/**
 * The script of a process that moves to a namespace of its own, is given its
 * ids by a child that it left behind, becomes root in there, and runs the
 * command it was given. unshare(1) would need newuidmap(1) for the same.
 */
const SCRIPT = `
  pipe(my $r, my $w) or die; my $pid = $$;
  if (!fork) {
    close $w; sysread $r, my $go, 1;
    for my $kind ("uid", "gid") {
      open my $map, ">", "/proc/$pid/\${kind}_map" or die; syswrite $map, "0 ${FIRST_ID} 65536\\n" or die;
    }
    exit;
  }
  close $r;
  syscall(${SYS_unshare}, ${CLONE_NEWUSER_AND_NEWNS}) == 0 or die "unshare: $!";
  syswrite $w, "x"; wait; $? == 0 or die "no map";
  use POSIX; POSIX::setgid(0); POSIX::setuid(0);
  exec @ARGV;
`;

/** Put before a command, runs it as the root of a user namespace with 65,536 ids. Needs root. */
export const withMappedIds: readonly string[] = ["perl", "-e", SCRIPT];

/** Put before a command, runs it as the root of a user namespace with one id, and with mounts of its own. */
export const IN_USER_NAMESPACE: readonly string[] = [
  ...["unshare", "--user", "--map-root-user", "--mount"],
];
