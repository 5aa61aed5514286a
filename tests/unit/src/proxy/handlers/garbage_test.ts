import { equal } from "node:assert/strict";
import fc from "fast-check";
import { decodeRequest } from "../../../../../src/proxy/wire/encode.ts";
import {
  REQUEST_NAMES,
  type RequestName,
  REQUESTS,
} from "../../../../../src/proxy/wire/protocol.ts";
import { fieldsOf, payloadOf } from "./arbitraries.ts";
import { type FakeContext, fakeContext, type Results } from "./fake_context.ts";
import { assertRefused, assertSurvivable } from "./survivable.ts";

const EINTR = 4;

/** Any errno that a system call may have; EINTR has a test of its own. */
const failure = fc.integer({ min: -133, max: -1 })
  .filter((result) => result !== -EINTR);

/** 0, or now and then a failure. */
const outcome = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, failure);

/** A length up to what there was room for, its ends among them; or a failure. */
const lengthUpTo = (most: number) =>
  fc.oneof(
    fc.constantFrom(0, 1, most - 1, most),
    fc.integer({ min: 0, max: most }),
    failure,
  );

/** A host that answers anything that a kernel might. */
const results: fc.Arbitrary<Results> = fc.record({
  open: fc.oneof(fc.nat(0x7fffffff), failure),
  setFlags: outcome,
  lstat: outcome,
  stat: outcome,
  fstat: outcome,
  statfs: outcome,
  getversion: outcome,
  mkdir: outcome,
  mknod: outcome,
  symlink: outcome,
  link: outcome,
  readlink: lengthUpTo(4095),
  chmod: outcome,
  lchown: outcome,
  truncate: outcome,
  utimens: outcome,
  rename: outcome,
  remove: outcome,
  lgetxattr: lengthUpTo(65534),
  llistxattr: lengthUpTo(65534),
  lsetxattr: outcome,
  lremovexattr: outcome,
  become: fc.constantFrom(0, 0, -22),
});

/** What looking at a file and at a file system seems to have found. */
const found = fc.uint8Array({ minLength: 256, maxLength: 256 });
/** Among them one of zeros, `f_bsize` as well, and one that makes every name a regular file. */
const anyFound = fc.oneof(
  fc.constant(new Uint8Array(256)),
  fc.constant(new Uint8Array(256).fill(0x81)),
  found,
);

for (const name of REQUEST_NAMES) {
  const { number } = REQUESTS[name];

  Deno.test(`${name}: QEMU survives the reply to any garbage`, () => {
    using fake = fakeContext();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        results,
        anyFound,
        (payload, results, found) => {
          askAndAssert(fake, name, payload, results, found);
        },
      ),
      { numRuns: 300 },
    );
  });

  Deno.test(`${name}: QEMU survives the reply to a damaged request`, () => {
    using fake = fakeContext();
    fc.assert(
      fc.property(
        fieldsOf(name),
        fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 3 }),
        results,
        anyFound,
        (fields, damage, results, found) => {
          const payload = payloadOf(name, fields);
          for (const [at, byte] of damage) {
            if (at < payload.length) payload[at] = byte;
          }
          askAndAssert(fake, name, payload, results, found);
        },
      ),
      { numRuns: 300 },
    );
  });

  Deno.test(`${name}: a payload of nothing is refused`, () => {
    using fake = fakeContext();
    assertRefused(name, fake.ask(number, new Uint8Array()));
    equal(fake.calls.length, 0);
  });
}

Deno.test("a call that was interrupted does not make QEMU ask for ever", () => {
  using fake = fakeContext();
  // Every name is a file of this length.
  fake.files.statBuffer.bytes.fill(0x81);
  const interrupted = new Proxy<Results>({}, { get: () => -EINTR });
  for (const name of REQUEST_NAMES) {
    fc.assert(
      fc.property(fieldsOf(name), (fields) => {
        const payload = payloadOf(name, fields);
        const bytes = fake.ask(REQUESTS[name].number, payload, interrupted);
        assertSurvivable(name, payload, { bytes, descriptors: 0 });
      }),
      { numRuns: 20 },
    );
  }
});

function askAndAssert(
  fake: FakeContext,
  name: RequestName,
  payload: Uint8Array,
  results: Results,
  found: Uint8Array,
): void {
  const { statBuffer, statfsBuffer, generationBuffer } = fake.files;
  statBuffer.bytes.set(found);
  statfsBuffer.bytes.set(found.subarray(0, statfsBuffer.bytes.length));
  generationBuffer.bytes.set(found.subarray(0, 8));
  const bytes = fake.ask(REQUESTS[name].number, payload, results);
  const { descriptor } = fake.context.reply;
  assertSurvivable(name, payload, {
    bytes,
    descriptors: descriptor < 0 ? 0 : 1,
  });
  if (decodeRequest(REQUESTS[name].number, payload) === undefined) {
    assertRefused(name, bytes);
  }
  assertNothingLeaks(fake, results, descriptor);
  assertRestored(fake);
}

/** What was opened is either passed on or closed, once. */
function assertNothingLeaks(
  fake: FakeContext,
  results: Results,
  descriptor: number,
): void {
  const opened = fake.calls.some(([call]) => call === "open") &&
    Number(results["open"]) >= 0;
  const closed = fake.calls.filter(([call]) => call === "close");
  equal(closed.length + (descriptor < 0 ? 0 : 1), opened ? 1 : 0);
  for (const [, fd] of closed) equal(fd, results["open"]);
  if (descriptor >= 0) equal(descriptor, results["open"]);
}

/** Whoever became an owner has returned, as the very last thing. */
function assertRestored(fake: FakeContext): void {
  const became = fake.calls.some(([call]) => call === "become");
  const restored = fake.calls.findIndex(([call]) => call === "restore");
  if (restored >= 0) equal(restored, fake.calls.length - 1);
  if (became && fake.calls.length > 1) equal(restored >= 0, true);
}
