/**
 * Peers that are processes of their own: they run as another user, or are to
 * be killed. In Perl, which every Debian has.
 *
 * @module
 */
import { shell } from "./processes.ts";

/** Connects to a named socket, as QEMU does, and begins a LSTAT of the root. */
const CONNECT = `
  use Socket; $SIG{PIPE} = "IGNORE"; $| = 1;
  socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
  connect($s, sockaddr_un($ARGV[0])) or do { print "$!{EACCES}" ? "no access" : "no listener"; exit };
  my $request = pack("LLS", 8, 4, 2) . "/\\0";
`;

/** What came of a connection: an answer, its end, or none at all. */
type Reception =
  | "served"
  | "turned away"
  | "no access"
  | "no listener";

/** Connects as another user and asks once. */
export async function connectAs(
  uid: number,
  gid: number,
  socket: string,
): Promise<Reception> {
  const script = `use Errno; ${CONNECT}
    syswrite $s, $request;
    my $got = sysread $s, my $answer, 124;
    print $got ? "served" : "turned away";`;
  const said = await shell(
    'exec setpriv --reuid "$1" --regid "$2" --clear-groups perl -e "$3" "$4"',
    String(uid),
    String(gid),
    script,
    socket,
  );
  return said as Reception;
}

/** A command that connects, sends all but `missing` bytes of a LSTAT, says `sent`, and waits to be killed. */
export function halfRequest(socket: string, missing: number): string[] {
  const script = `use Errno; ${CONNECT}
    syswrite $s, substr($request, 0, length($request) - ${missing});
    print "sent\\n"; sleep 60;`;
  return ["perl", "-e", script, socket];
}

/**
 * Put before a command, passes it sockets from descriptor 3 on, as sd_listen_fds(3)
 * has it. Each socket is listening under an abstract name.
 */
export function passingSockets(
  count: number,
  names: readonly string[],
  listenPid: "own" | "other",
): string[] {
  const script = `
    use Socket; use POSIX ();
    my @sockets;
    for my $name (split /,/, shift) {
      socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
      bind($s, pack("S", AF_UNIX) . "\\0$name") or die; listen($s, 1) or die;
      push @sockets, POSIX::dup2(fileno($s), 100 + @sockets);
    }
    for (0 .. $#sockets) { POSIX::dup2($sockets[$_], 3 + $_); POSIX::close($sockets[$_]) }
    $ENV{LISTEN_FDS} = ${count};
    $ENV{LISTEN_PID} = ${listenPid === "own" ? "$$" : "1"};
    exec @ARGV;`;
  return ["perl", "-e", script, names.join(",")];
}
