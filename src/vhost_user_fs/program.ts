/** The name of the program that serves vhost-user-fs. */
export const PROGRAM = "virtfs-vhost-helper";
