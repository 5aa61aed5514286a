/**
 * Command lines that the original and ours are given alike.
 *
 * `DIR`, `FD` and `SOCK` stand for an export, an inherited socket and the name
 * of a socket that does not exist yet; `FILE` for a file, `GONE` for nothing,
 * `TAKEN` for a name that is in use.
 *
 * @module
 */

/** A command line, and why the two may differ on it, if they may. */
interface CommandLine {
  readonly args: string;
  /** What ours does instead, and why. */
  readonly differs?: string;
}

const HELP = "help that was asked for is a success";
const STATUS = "the original reports success for what failed, ours does not";
const NUMBERS =
  "the original reads what it can of a number (atoi), ours refuses it";

/** All of them: 64. */
export const COMMAND_LINES: readonly CommandLine[] = [
  // An inherited socket, in the foreground.
  { args: "-n -p DIR -f FD" },
  { args: "-n -pDIR -fFD" },
  { args: "-nfFD -pDIR" },
  { args: "-pDIR -nf FD" },
  { args: "-npDIR -fFD" },
  { args: "-np DIR -f FD" },
  { args: "--nodaemon --path DIR --fd FD" },
  { args: "--nodaemon --path=DIR --fd=FD" },
  { args: "--no --pa DIR --f FD" },
  { args: "--n --p=DIR --fd=FD" },
  { args: "--nodaemo --pat=DIR --f=FD" },
  { args: "operand -n -p DIR -f FD" },
  { args: "-n operand -p DIR another -f FD third" },
  { args: "-n -p DIR -f FD --" },
  { args: "-n -p DIR -f FD -- -x --wrong" },
  { args: "-n -p GONE -f 99 -p DIR -f FD" },
  { args: "-n -n -n -p DIR -f FD" },
  { args: "-n -p DIR -f FD -u 1000 -g 1000" },
  { args: "-n -p DIR/ -f FD" },
  { args: "-n -p DIR/../DIRNAME -f FD" },
  { args: "-n -p DIR//. -f FD" },
  // The same in the background.
  { args: "-p DIR -f FD" },
  { args: "-pDIR -fFD" },
  { args: "--path DIR --fd FD" },
  { args: "-f FD operand -p DIR" },
  // A named socket.
  { args: "-n -p DIR -s SOCK -u 1000 -g 1001" },
  { args: "-n -pDIR -sSOCK -u1000 -g1001" },
  { args: "-n --path=DIR --socket=SOCK --uid=1000 --gid=1001" },
  { args: "-n --pat DIR --sock SOCK --u 1000 --g 1001" },
  { args: "--no --p=DIR --s=SOCK --ui=0 --gi=0" },
  { args: "-n -p DIR -s SOCK -u 0 -g 0" },
  { args: "-g 1001 -u 1000 -s SOCK -p DIR -n" },
  { args: "-n -p DIR -s GONE/x -s SOCK -u 1 -g 1 -u 1000 -g 1001" },
  { args: "-p DIR -s SOCK -u 1000 -g 1001" },
  { args: "--path=DIR --socket=SOCK --uid=0 --gid=0" },
  // What is missing or too much.
  { args: "" },
  { args: "-n" },
  { args: "-n -p DIR" },
  { args: "-n -f FD" },
  { args: "-p DIR" },
  { args: "-n -p" },
  { args: "-n -p DIR -f" },
  { args: "-n -p DIR --fd" },
  { args: "-n -p DIR -s SOCK" },
  { args: "-n -p DIR -s SOCK -u 1000" },
  { args: "-n -p DIR -s SOCK -g 1000" },
  { args: "-n -p DIR -s SOCK -f FD -u 1000 -g 1000" },
  { args: "-n -p DIR -s TAKEN -u 1000 -g 1000", differs: STATUS },
  { args: "-n -p DIR -s GONE/sock -u 1000 -g 1000", differs: STATUS },
  { args: "-h", differs: HELP },
  { args: "-?", differs: HELP },
  { args: "-nh -p DIR -f FD", differs: HELP },
  // What there is not.
  { args: "-x" },
  { args: "-n -x -p DIR -f FD" },
  { args: "--wrong" },
  { args: "-n --wrong=1 -p DIR -f FD" },
  { args: "-n --nodaemon=1 -p DIR -f FD" },
  // Directories and descriptors that can't be used.
  { args: "-n -p GONE -f FD" },
  { args: "-n -p FILE -f FD" },
  { args: "-p GONE -f FD" },
  { args: "-n -p DIR -f 99", differs: STATUS },
  { args: "-n -p DIR -f 3x", differs: NUMBERS },
  { args: "-n -p DIR -f -1" },
  { args: "-n -p DIR -s SOCK -u 1000x -g 1001", differs: NUMBERS },
];
