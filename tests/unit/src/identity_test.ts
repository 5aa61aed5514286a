/** Acting for an owner, with a kernel that may refuse without a word. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { EINVAL } from "../../../ffi/errno.ts";
import { CAPABILITIES } from "../../../ffi/capabilities.ts";
import { type CredentialCalls, NO_ID } from "../../../ffi/credentials.ts";
import { createIdentity, SEVEN } from "../../../src/identity.ts";
import { FatalError } from "../../../src/errors.ts";

/** What the kernel does with an id that is asked for. */
type Rule = (id: number) => boolean;

const ROOT = { uid: 0, gid: 0 };

/** A thread's identity as setfsuid(2), setfsgid(2) and capset(2) keep it, with a kernel that grants each id unless a rule for `uid` or `gid` says otherwise. */
function kernel({ own = ROOT, permitted = SEVEN, ...rules }: {
  own?: typeof ROOT;
  permitted?: number;
  uid?: Rule;
  gid?: Rule;
} = {}) {
  const grants = { uid: all, gid: all, ...rules };
  const calls: string[] = [];
  /** The effective capabilities that were set. */
  const sets: number[] = [];
  const state = { uid: 0, gid: 0, lowered: false };
  const set = (name: "uid" | "gid") => (id: number): number => {
    const former = state[name];
    calls.push(`${name} ${id === NO_ID ? "?" : id}`);
    if (id !== NO_ID && grants[name](id)) {
      state[name] = id;
      if (name === "uid" && former !== id && (former === 0 || id === 0)) {
        state.lowered = id !== 0;
      }
    }
    return former;
  };
  const credentials: CredentialCalls = {
    setfsuid: set("uid"),
    setfsgid: set("gid"),
    prepareSets(effective, permitted) {
      const bytes = new Uint8Array(24);
      const words = new Uint32Array(bytes.buffer);
      words.set([effective, permitted]);
      return { bytes, words, pointer: NOWHERE };
    },
    writeSets({ words }) {
      sets.push(words[0]!);
      state.lowered = words[0] !== words[1];
      calls.push(state.lowered ? "lower" : "raise");
      return 0;
    },
    raisePermitted: () => 0,
    readSets: () => ({ effective: 0, permitted: 0 }),
  };
  const identity = createIdentity(credentials, permitted, own);
  return { calls, sets, state, credentials, identity };
}

/** Nothing here looks at memory by its address. */
const NOWHERE = Object.freeze({}) as Deno.PointerObject;

const all: Rule = () => true;
const HOME = { uid: 0, gid: 0, lowered: false };

Deno.test("Every owner is acted for, and left again", () => {
  const { state, identity } = kernel();
  for (const uid of [0, 7, 0xfffffffe]) {
    for (const gid of [0, 8, 0xfffffffe]) {
      equal(identity.become(uid, gid), 0);
      deepEqual(state, { uid, gid, lowered: uid !== 0 || gid !== 0 });
      identity.restore();
      deepEqual(state, HOME);
    }
  }
});

Deno.test("An id of -1 is the helper's own", () => {
  for (const own of [ROOT, { uid: 5, gid: 60 }]) {
    const { state, identity } = kernel({ own });
    const cases = [
      [NO_ID, NO_ID, own.uid, own.gid],
      [NO_ID, 0, own.uid, 0],
      [0, NO_ID, 0, own.gid],
      [1000, NO_ID, 1000, own.gid],
      [NO_ID, 1000, own.uid, 1000],
    ] as const;
    for (const [askedUid, askedGid, uid, gid] of cases) {
      equal(identity.become(askedUid, askedGid), 0);
      deepEqual(state, { uid, gid, lowered: uid !== 0 || gid !== 0 });
      identity.restore();
      deepEqual(state, HOME);
    }
  }
});

Deno.test("Root's own ids take no call", () => {
  const { calls, identity } = kernel();
  equal(identity.become(0, 0), 0);
  equal(identity.become(NO_ID, NO_ID), 0);
  identity.restore();
  deepEqual(calls, []);
});

Deno.test("Root can keep its rights in another group: no call takes them", () => {
  const { calls, identity } = kernel();
  identity.become(0, 8, true);
  identity.restore();
  deepEqual(calls, ["gid 8", "gid ?", "gid 0", "gid ?"]);
});

Deno.test("Capabilities that the kernel does not raise by itself are raised on the way back", () => {
  const more = SEVEN + 2 ** CAPABILITIES.SETFCAP;
  const { sets, identity } = kernel({ permitted: more });
  for (const uid of [7, 0]) {
    identity.become(uid, 8);
    identity.restore();
    deepEqual(sets.splice(0), [0xc2, more]);
  }
});

Deno.test("A way back that is refused is an error", () => {
  for (const stuck of ["uid", "gid"] as const) {
    const { identity } = kernel({ [stuck]: (id: number) => id !== 0 });
    equal(identity.become(7, 8), 0);
    throws(() => identity.restore(), FatalError);
  }
});

Deno.test("An identity is proven before anything is done under it, and after it was left", () => {
  const { calls, identity } = kernel();
  identity.become(7, 8);
  const there = ["gid 8", "gid ?", "uid 7", "uid ?", "lower"];
  deepEqual(calls.splice(0), there);
  identity.restore();
  deepEqual(calls, ["uid 0", "uid ?", "gid 0", "gid ?"]);
});

Deno.test("An id that the kernel does not take is EINVAL at once, and nothing has changed", () => {
  for (const missing of ["uid", "gid"] as const) {
    const { state, identity } = kernel({
      [missing]: (id: number) => id === 0,
    });
    equal(identity.become(7, 8), -EINVAL);
    deepEqual(state, HOME);
    identity.restore();
    deepEqual(state, HOME);
  }
});

Deno.test("An identity that is not proven is left, though the kernel has switched", () => {
  for (const lies of ["setfsuid", "setfsgid"] as const) {
    const { state, credentials } = kernel();
    let lie = true;
    const identity = createIdentity(
      {
        ...credentials,
        [lies]: (id: number) => {
          const former = credentials[lies](id);
          if (id !== NO_ID || !lie) return former;
          lie = false;
          return 0;
        },
      },
      SEVEN,
      ROOT,
    );
    equal(identity.become(7, 8), -EINVAL);
    deepEqual(state, HOME);
  }
});
