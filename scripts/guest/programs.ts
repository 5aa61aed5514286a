/**
 * What a guest is made of, and where this host keeps it.
 *
 * @module
 */

/** A kernel that a guest can boot. */
export interface Kernel {
  readonly version: string;
  readonly image: string;
  /** Its modules, with modules.dep. */
  readonly modules: string;
}

/** Everything that is needed to boot a guest. */
export interface Parts {
  readonly qemu: string;
  readonly busybox: string;
  readonly kernel: Kernel;
}

const DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** The path of an installed program, not looked up in `$PATH`. */
export function findProgram(name: string): string | undefined {
  return DIRECTORIES.map((directory) => `${directory}/${name}`).find(
    isInstalled,
  );
}

/** The newest installed kernel that has its modules. */
function findKernel(): Kernel | undefined {
  if (!isInstalled("/boot")) return undefined;
  const versions = [...Deno.readDirSync("/boot")]
    .map((entry) => entry.name)
    .filter((name) => name.startsWith("vmlinuz-"))
    .map((name) => name.slice("vmlinuz-".length))
    .sort(new Intl.Collator("en", { numeric: true }).compare)
    .reverse();
  return versions
    .map((version) => ({
      version,
      image: `/boot/vmlinuz-${version}`,
      modules: `/lib/modules/${version}`,
    }))
    .find((kernel) => isInstalled(`${kernel.modules}/modules.dep`));
}

/** The parts of a guest, or the Debian packages that would bring the missing ones. */
export function findParts():
  | { readonly parts: Parts; readonly packages?: undefined }
  | { readonly parts?: undefined; readonly packages: readonly string[] } {
  const qemu = findProgram("qemu-system-x86_64");
  const busybox = findProgram("busybox");
  const kernel = findKernel();
  if (qemu && busybox && kernel) return { parts: { qemu, busybox, kernel } };
  return {
    packages: [
      ...(qemu ? [] : ["qemu-system-x86"]),
      ...(busybox ? [] : ["busybox-static"]),
      ...(kernel ? [] : ["linux-image-amd64"]),
    ],
  };
}

/**
 * The parts of a guest.
 *
 * @throws {Error} where some are missing; it says how to get them
 */
export function needParts(): Parts {
  const { parts, packages } = findParts();
  if (parts !== undefined) return parts;
  throw new Error(
    `Cannot boot a guest: parts of one are missing. On Debian, install them with\n` +
      `  apt-get install ${packages.join(" ")}`,
  );
}

/** Whether there is a file at `path`. */
export function isInstalled(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
