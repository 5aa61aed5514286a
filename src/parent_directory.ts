/**
 * The directory that a path's last name is in, for messages.
 *
 * @module
 */

/** `/` of `/name`, `.` of `name`. */
export function parentDirectory(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}
