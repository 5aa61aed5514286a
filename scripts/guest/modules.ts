/**
 * Kernel modules, in the order in which they have to be loaded.
 *
 * @module
 */
import type { Kernel } from "./programs.ts";

/** What a guest needs to mount a share that QEMU offers on its PCI bus, by the file system. */
export const SHARE_MODULES = {
  "9p": ["virtio_pci", "9pnet_virtio", "9p"],
  virtiofs: ["virtio_pci", "virtiofs"],
} as const;

/**
 * The files of the modules `names` and of all that they depend on, relative to
 * the kernel's modules, each after those that it needs. What is built into the
 * kernel has no file.
 */
export function moduleFiles(
  kernel: Kernel,
  names: readonly string[],
): string[] {
  const dependencies = new Map<string, string[]>();
  for (const line of lines(`${kernel.modules}/modules.dep`)) {
    const [file = "", needed = ""] = line.split(":");
    dependencies.set(file, needed.split(" ").filter((name) => name !== ""));
  }
  const files = new Map([...dependencies.keys()].map((f) => [name(f), f]));
  const builtIn = new Set(lines(`${kernel.modules}/modules.builtin`).map(name));

  const order = new Set<string>();
  function add(file: string): void {
    if (order.has(file)) return;
    // modules.dep lists what is needed in the reverse order of loading.
    for (const needed of (dependencies.get(file) ?? []).toReversed()) {
      add(needed);
    }
    order.add(file);
  }
  for (const wanted of names) {
    if (builtIn.has(wanted)) continue;
    const file = files.get(wanted);
    if (file === undefined) {
      throw new Error(
        `Cannot prepare a guest: kernel ${kernel.version} has no module ${wanted}`,
      );
    }
    add(file);
  }
  return [...order];
}

/** `kernel/fs/9p/9p.ko.xz` is the module 9p; its name is written with `-` or `_` alike. */
function name(file: string): string {
  return file.replace(/^.*\//, "").replace(/\.ko(\..*)?$/, "")
    .replaceAll("-", "_");
}

function lines(path: string): string[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
}
