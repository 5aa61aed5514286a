/**
 * Blocks of the documents that no test runs, and why.
 *
 * @module
 */
import type { Claim } from "./blocks.ts";

export interface Excuse extends Claim {
  readonly reason: string;
}

const NO_VM =
  "LXD and Incus start no virtual machine without KVM and vhost_vsock, and without an image from outside";

export const NOT_RUN: readonly Excuse[] = [
  {
    document: "PERFORMANCE.md",
    words: "deno task bench",
    reason:
      "it takes an hour; tests/runner/bench_test.ts runs a short one of each",
  },
  { document: "docs/lxd.md", words: "lxc config device add", reason: NO_VM },
  { document: "docs/lxd.md", words: "raw.idmap", reason: NO_VM },
  { document: "docs/lxd.md", words: "pgrep", reason: NO_VM },
  {
    document: "docs/incus.md",
    words: "incus config device add",
    reason: NO_VM,
  },
  { document: "docs/incus.md", words: "raw.idmap", reason: NO_VM },
  { document: "docs/incus.md", words: "pgrep", reason: NO_VM },
  {
    document: "docs/proxmox.md",
    words: "qm set",
    reason: "Proxmox VE is in no registry that tests can reach",
  },
  {
    document: "docs/proxmox.md",
    words: "pgrep",
    reason: "Proxmox VE is in no registry that tests can reach",
  },
  {
    document: "docs/cloud-hypervisor.md",
    words: "cloud-hypervisor …",
    reason: "cloud-hypervisor is in no registry that tests can reach",
  },
];
