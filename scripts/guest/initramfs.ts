/**
 * A guest's root file system: busybox, the modules that reach the share, a
 * first process, and a job for it.
 *
 * @module
 */
import { S_IFCHR, S_IFDIR, S_IFREG } from "../../ffi/constants.ts";
import { cpio, type Entry } from "./cpio.ts";
import { outputOf } from "../program/children.ts";
import { moduleFiles, SHARE_MODULES } from "./modules.ts";
import type { Parts } from "./programs.ts";

export interface InitramfsOptions {
  /** The shell script that the guest runs, and then turns itself off. */
  readonly job: string;
  /** The kernel modules it loads; those of 9p where not given. */
  readonly modules?: readonly string[];
  /** More files, by path without a leading slash. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Programs of the host, by absolute path; they bring the libraries that they need. */
  readonly programs?: readonly string[];
  /** A directory for intermediate files. */
  readonly scratch: string;
}

/** Builds the archive. */
export async function initramfs(
  parts: Parts,
  options: InitramfsOptions,
): Promise<Uint8Array> {
  const entries = new Map<string, Entry>();
  const modules = moduleFiles(
    parts.kernel,
    options.modules ?? SHARE_MODULES["9p"],
  );
  const files: Record<string, string | Uint8Array> = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n" +
      "guest:x:1000:1000:guest:/tmp:/bin/sh\n",
    "etc/group": "root:x:0:\nguest:x:1000:\n",
    "etc/modules": modules.map((file) => baseName(file) + "\n").join(""),
    "job": options.job,
    ...options.files,
  };
  for (const module of modules) {
    files[`modules/${baseName(module)}`] = Deno.readFileSync(
      `${parts.kernel.modules}/${module}`,
    );
  }
  for (const directory of ["dev", "proc", "sys", "tmp", "root", "mnt/share"]) {
    addDirectories(entries, directory);
  }
  // The kernel opens it for the first process, before there is a devtmpfs.
  entries.set("dev/console", {
    mode: S_IFCHR | 0o600,
    device: { major: 5, minor: 1 },
  });
  for (const [path, content] of Object.entries(files)) {
    addFile(entries, path, 0o644, content);
  }
  addFile(entries, "init", 0o755, await initScript());
  await addPrograms(
    entries,
    [parts.busybox, ...options.programs ?? []],
    options.scratch,
  );
  return cpio(entries);
}

function initScript(): Promise<string> {
  return Deno.readTextFile(new URL("./init.sh", import.meta.url));
}

function addFile(
  entries: Map<string, Entry>,
  path: string,
  mode: number,
  content: string | Uint8Array,
): void {
  addDirectories(entries, path.split("/").slice(0, -1).join("/"));
  const data = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  entries.set(path, { mode: S_IFREG | mode, data });
}

function addDirectories(entries: Map<string, Entry>, path: string): void {
  const names = path.split("/").filter((name) => name !== "");
  for (let count = 1; count <= names.length; count++) {
    const directory = names.slice(0, count).join("/");
    if (!entries.has(directory)) {
      entries.set(directory, { mode: S_IFDIR | 0o755 });
    }
  }
}

/** Programs go to /bin; libraries stay where the loader looks for them. */
async function addPrograms(
  entries: Map<string, Entry>,
  programs: readonly string[],
  scratch: string,
): Promise<void> {
  const wanted = new Map<string, string>();
  for (const program of programs) {
    wanted.set(`bin/${baseName(program)}`, program);
    for (const library of await libraries(program)) {
      wanted.set(library.slice(1), library);
    }
  }
  for (const [path, source] of wanted) {
    // By cp(1): the tests' permission set can't read where libraries are.
    const copy = `${scratch}/${path.replaceAll("/", "_")}`;
    await copyFile(source, copy);
    addFile(entries, path, 0o755, Deno.readFileSync(copy));
  }
}

/** The shared libraries and the loader of `program`; none of a static one. */
async function libraries(program: string): Promise<string[]> {
  // It fails for a static program, and then lists none.
  const { stdout } = await outputOf("ldd", { args: [program] });
  const listed = new TextDecoder().decode(stdout);
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) =>
    match[1]!
  );
}

async function copyFile(source: string, target: string): Promise<void> {
  const { success, stderr } = await outputOf("cp", {
    args: ["-L", "--", source, target],
  });
  if (!success) {
    throw new Error(
      `Cannot copy ${source}: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
}

function baseName(path: string): string {
  return path.replace(/^.*\//, "");
}
