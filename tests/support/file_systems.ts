/**
 * File systems of a test's own: on an image behind a loop device, or in memory.
 *
 * @module
 */
import { HostError } from "./host.ts";
import { workspace } from "./workspace.ts";

/** How each is made and mounted; `image` has 400 MB, of which hardly any are written. */
const KINDS = {
  ext4: { make: ["mkfs.ext4", "-q", "-F"], mount: ["-o", "loop"] },
  xfs: { make: ["mkfs.xfs", "-q"], mount: ["-o", "loop"] },
  btrfs: { make: ["mkfs.btrfs", "-q"], mount: ["-o", "loop"] },
  tmpfs: { make: undefined, mount: ["-o", "size=16m"] },
  overlay: {
    make: undefined,
    mount: ["-o", "lowerdir=lower,upperdir=upper,workdir=work"],
  },
} as const;

/** A kind of file system. */
export type FileSystemKind = keyof typeof KINDS;

/** 300 MB are the least that mkfs.xfs takes. */
const IMAGE_SIZE = 400 * 1024 * 1024;

/** A mounted file system; disposal unmounts it and lets go of its loop device. */
interface MountedFileSystem extends Disposable {
  /** The mount point, which belongs to root and can be entered by all. */
  readonly path: string;
}

/**
 * Makes an empty file system and mounts it, on `path` if that is given.
 *
 * @throws {HostError} where the machine can't; nothing is left mounted then
 */
export function mountNew(
  kind: FileSystemKind,
  path?: string,
): MountedFileSystem {
  const directory = workspace();
  try {
    Deno.chmodSync(directory.path, 0o755);
    for (const name of ["mount", "lower", "upper", "work"]) {
      Deno.mkdirSync(`${directory.path}/${name}`);
    }
    const target = path ?? `${directory.path}/mount`;
    const { make, mount } = KINDS[kind];
    if (make !== undefined) {
      Deno.createSync(`${directory.path}/image`).close();
      Deno.truncateSync(`${directory.path}/image`, IMAGE_SIZE);
      runCommand([...make, "image"], directory.path);
    }
    const source = make === undefined ? "none" : "image";
    runCommand(
      ["mount", "-t", kind, ...mount, source, target],
      directory.path,
    );
    return {
      path: target,
      [Symbol.dispose]() {
        try {
          // A helper that a failed test has left behind may still have it.
          if (isMounted(target)) {
            runCommand(["umount", "--lazy", target]);
          }
        } finally {
          directory[Symbol.dispose]();
        }
      },
    };
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
}

function isMounted(path: string): boolean {
  return new Deno.Command("mountpoint", { args: ["-q", path] })
    .outputSync().success;
}

/** Runs a command to its end. @throws {HostError} where it fails or is not installed */
export function runCommand(
  [command = "", ...args]: readonly string[],
  cwd = ".",
): void {
  try {
    const { success, stderr } = new Deno.Command(command, {
      args,
      cwd,
      stdin: "null",
    }).outputSync();
    if (success) return;
    throw new HostError(
      `Cannot run ${command}: ${new TextDecoder().decode(stderr)}`,
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new HostError(`Cannot run ${command}: it is not installed`);
  }
}
