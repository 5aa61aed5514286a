/**
 * QEMU's machine protocol: commands to a machine that runs.
 *
 * @module
 */
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import { until } from "../../support/processes.ts";

const ROOM = 65536;

/** QEMU's answer to a command, or an event. */
interface Message {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
}

/** A connection to the monitor of one machine. */
export class Qmp implements Disposable {
  readonly #system = new System();
  readonly #fd: number;
  readonly #theirs: number;
  readonly #bytes = new Uint8Array(new ArrayBuffer(ROOM));
  #rest = "";
  #greeted = false;
  readonly #messages: Message[] = [];

  constructor() {
    [this.#fd, this.#theirs] = this.#system.socketpair();
  }

  /** For QEMU's command line; to be started before {@linkcode started} is called. */
  get arguments(): string[] {
    return [
      ...["-chardev", `socket,id=qmp,fd=${this.#theirs}`],
      ...["-mon", "chardev=qmp,mode=control"],
    ];
  }

  /** QEMU has its end; nobody else is to have it. */
  started(): void {
    this.#system.close(this.#theirs);
  }

  /** Gives a command, and resolves with what QEMU returns once it has done so. */
  async execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
  ): Promise<unknown> {
    if (!this.#greeted) {
      this.#greeted = true;
      await this.execute("qmp_capabilities");
    }
    const line = new TextEncoder().encode(
      `${JSON.stringify({ execute: command, arguments: args })}\n`,
    );
    this.#system.must(
      `say ${command}`,
      Number(
        this.#system.libc.symbols.write(this.#fd, line, BigInt(line.length)),
      ),
    );
    let answer: Message | undefined;
    await until(`QEMU's answer to ${command}`, () => {
      this.#read();
      while (this.#messages.length > 0 && answer === undefined) {
        const message = this.#messages.shift()!;
        if ("return" in message || "error" in message) answer = message;
      }
      return answer !== undefined;
    });
    if (answer?.error) throw new Error(`${command}: ${answer.error.desc}`);
    return answer?.return;
  }

  [Symbol.dispose](): void {
    this.#system.close(this.#fd);
    this.#system[Symbol.dispose]();
  }

  /** Takes what has come. */
  #read(): void {
    while (this.#system.wait(this.#fd, -1, 0) !== 0) {
      const count = this.#system.must(
        "hear from QEMU",
        Number(
          this.#system.libc.symbols.read(this.#fd, this.#bytes, BigInt(ROOM)),
        ),
      );
      if (count === 0) throw new Error("QEMU has ended");
      const lines =
        (this.#rest + new TextDecoder().decode(this.#bytes.subarray(0, count)))
          .split("\n");
      this.#rest = lines.pop()!;
      for (const line of lines) {
        if (line.trim() !== "") this.#messages.push(JSON.parse(line));
      }
    }
  }
}
