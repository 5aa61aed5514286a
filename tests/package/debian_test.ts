/**
 * docs/installing.md, its commands run as they are written, on the machine's own
 * Debian. It is seen through an overlay, so nothing of it changes.
 */
import { deepEqual, equal } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { VERSION } from "../../src/version.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { onDebian, SAY_VERSIONS, VERSIONS } from "./on_debian.ts";

const test = testsThatNeed(
  ...["root", "unshare", "overlay", "bundler", "packager", "original"] as const,
);

Deno.test("README.md installs as docs/installing.md does", () => {
  equal(
    block("README.md", "make install"),
    block("docs/installing.md", "make install"),
  );
});

/** Prints the files that are not as their packages have them; some machines install no documents. */
const VERIFY = `
dpkg --verify virtfs qemu-system-common | grep -v ' /usr/share/[dm][oa][cn]/' || :
`;

test("make installs and removes by the document's commands", async () => {
  equal(
    await onDebian(`{
      ${block("docs/installing.md", "make\n")}
    } >&2
    ${SAY_VERSIONS}
    { ${block("docs/installing.md", "make uninstall")}
    } >&2`),
    VERSIONS,
  );
});

test("The package installs beside QEMU's, takes the place of its programs, gives it back, and leaves nothing", async () => {
  // virtiofsd is where Debian 13 has it; that of Debian 12 is QEMU's own.
  const said = await onDebian(`
    { ${block("docs/installing.md", "deno task package")}
    } >&2
    printf '#!/bin/sh\\necho the other virtiofsd\\n' >/usr/libexec/virtiofsd
    chmod 755 /usr/libexec/virtiofsd
    { ${block("docs/installing.md", "dpkg --install")}
    } >&2
    ${SAY_VERSIONS}
    ${VERIFY}

    { ${block("docs/installing.md", "--add /usr/libexec/virtiofsd")}
    } >&2
    /usr/libexec/virtiofsd --version
    { ${block("docs/installing.md", "--remove /usr/libexec/virtiofsd")}
    } >&2
    /usr/libexec/virtiofsd --version
    rm /usr/libexec/virtiofsd

    { ${block("docs/installing.md", "--add /usr/lib/qemu/virtfs-proxy-helper")}
    } >&2
    /usr/lib/qemu/virtfs-proxy-helper --version
    { ${
    block("docs/installing.md", "--remove /usr/lib/qemu/virtfs-proxy-helper")
  }
    } >&2
    ${VERIFY}
    { ${block("docs/installing.md", "dpkg --purge")}
    } >&2`);
  deepEqual(
    said.split("\n"),
    [
      ...VERSIONS.trimEnd().split("\n"),
      `virtfs-vhost-helper ${VERSION}`,
      "the other virtiofsd",
      `virtfs-proxy-helper ${VERSION}`,
      "",
    ],
  );
});
