/**
 * A path's last name, and the directory that it is in.
 *
 * @module
 */

/** `name` of `/directory/name`; empty where the path ends with a slash. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `/` of `/name`, `.` of `name`. */
export function parentDirectory(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}
