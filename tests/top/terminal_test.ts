/** virtfs-top on a real terminal, one of tmux's. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { ROOT } from "../support/isolated_program.ts";
import { Mark, until } from "../support/processes.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { line, sample } from "./figures.ts";

const test = testsThatNeed("tmux");

const TOP = `${ROOT}scripts/virtfs-top`;

/** A terminal with a shell, and whatever runs in it. */
class Terminal implements AsyncDisposable {
  readonly #mark = new Mark();
  readonly #place = workspace();
  readonly #tmux: readonly string[];

  constructor() {
    const socket = `${this.#place.path}/tmux`;
    this.#tmux = ["tmux", "-u", "-f", "/dev/null", "-S", socket];
  }

  /** Figures, as a helper writes them; they count as new for an hour. */
  write(share: string, factor: number, more = ""): string {
    const path = `${this.figures}/${share.replaceAll("/", "-")}.prom`;
    Deno.mkdirSync(this.figures, { recursive: true });
    Deno.writeTextFileSync(
      `${path}.new`,
      sample({
        share,
        factor,
        lines: line("virtfs_metrics_interval_seconds", 3600) + more,
      }),
    );
    Deno.renameSync(`${path}.new`, path);
    return path;
  }

  /** The directory of figures. */
  get figures(): string {
    return `${this.#place.path}/figures`;
  }

  /** Starts a shell, and types a command at it. */
  async start(command: string, env: Readonly<Record<string, string>> = {}) {
    await this.#do([
      ...["new-session", "-d", "-x", "80", "-y", "24"],
      ...["env", "PS1=$ ", "sh"],
    ], env);
    await this.sees(/^\$/m);
    await this.press(command, "Enter");
  }

  async press(...keys: readonly string[]): Promise<void> {
    await this.#do(["send-keys", ...keys]);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#do(["resize-window", "-x", `${columns}`, "-y", `${rows}`]);
  }

  /** What is on the screen; with `escapes` also its colours. */
  screen(...escapes: readonly "-e"[]): Promise<string> {
    return this.#do(["capture-pane", "-p", ...escapes]);
  }

  /** Resolves with the screen when it shows this. */
  async sees(pattern: RegExp): Promise<string> {
    let screen = "";
    try {
      await until(String(pattern), async () => {
        screen = await this.screen();
        return pattern.test(screen);
      });
    } catch (error) {
      throw new Error(`${error}\n${screen.trimEnd()}`);
    }
    return screen;
  }

  /** Settings of the terminal, the shell's or the program's. */
  async state(): Promise<string> {
    return await this.#do([
      ...["display-message", "-p"],
      "#{alternate_on} #{cursor_flag} #{wrap_flag}",
    ]);
  }

  /** Starts virtfs-top, and says then how it has ended. */
  async startTop(...args: readonly string[]): Promise<void> {
    const top = ["exec", TOP, ...args, this.figures].join(" ");
    await this.start(
      `sh -c 'echo $$ >${this.#place.path}/pid; ${top}'; echo "status $?"`,
    );
  }

  /** Sends a signal to the virtfs-top of {@linkcode startTop}. */
  kill(signal: Deno.Signal): void {
    const pid = Deno.readTextFileSync(`${this.#place.path}/pid`);
    Deno.kill(Number(pid), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mark[Symbol.asyncDispose]();
    this.#place[Symbol.dispose]();
  }

  async #do(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { code, stdout, stderr } = await run([...this.#tmux, ...args], {
      mark: this.#mark,
      env: { DENO: Deno.execPath(), NO_COLOR: "", TMUX: "", ...env },
    });
    equal(code, 0, stderr);
    return stdout;
  }
}

test("On a terminal all shares are listed and one is opened, as files change and the window does", async () => {
  await using terminal = new Terminal();
  terminal.write("/a", 1);
  terminal.write("/b", 1);
  await terminal.start(`${TOP} -i 0.1 ${terminal.figures}`);
  await terminal.sees(/^! +1 \/a +– /m);
  equal(await terminal.state(), "1 0 0\n");
  terminal.write("/b", 2);
  const screen = await terminal.sees(/^! +1 \/b +\d\S* █+ /m);
  const lines = screen.trimEnd().split("\n");
  equal(lines.length, 24);
  match(lines[0]!, /^virtfs-top .* \d\d:\d\d:\d\d$/);
  match(lines[23]!, /^q quit .* s sort: requests$/);

  await terminal.press("1");
  await terminal.sees(/^\/b +virtfs-vhost-helper 0\.2\.0$/m);
  await terminal.sees(/^READ +\d\S* +█+ +15 µs +12 µs +82 µs +12 ms$/m);
  await terminal.resize(120, 40);
  await terminal.sees(/^\/b {80,}virtfs-vhost-helper 0\.2\.0$/m);
  await terminal.resize(80, 24);
  await terminal.sees(/^\/b {40,60}virtfs-vhost-helper 0\.2\.0$/m);
  await terminal.press("Escape");
  await terminal.sees(/^virtfs-top/);
  Deno.removeSync(terminal.write("/a", 1));
  await terminal.sees(/^x +2 \/a +has ended .* ago: its file is there no/m);
  terminal.write("/c", 1, line("virtfs_serving", 0));
  await terminal.sees(/^x +\d \/c +has ended .* ago$/m);

  await terminal.press("q");
  await terminal.sees(/^\$ .*virtfs-top[^]*^\$$/m);
  equal(await terminal.state(), "0 1 1\n");
});

for (
  const [what, end, status] of [
    ["Ctrl-C", (terminal: Terminal) => terminal.press("C-c"), 0],
    [
      "SIGTERM",
      (terminal: Terminal) => terminal.kill("SIGTERM"),
      143,
    ],
  ] as const
) {
  test(`${what} ends it, and the terminal is as it was`, async () => {
    await using terminal = new Terminal();
    terminal.write("/a", 1);
    await terminal.startTop();
    await terminal.sees(/^! +1 \/a/m);
    await end(terminal);
    await terminal.sees(new RegExp(`^status ${status}$`, "m"));
    equal(await terminal.state(), "0 1 1\n");
    // The shell sees lines again, and shows what is typed.
    await terminal.press("echo $((6 * 7))", "Enter");
    await terminal.sees(/^\$ echo \$\(\(6 \* 7\)\)\n42$/m);
  });
}

test("Who stops it and goes on sees it again", async () => {
  await using terminal = new Terminal();
  terminal.write("/a", 1);
  await terminal.startTop("-i 3600");
  await terminal.sees(/^! +1 \/a/m);
  terminal.kill("SIGSTOP");
  await terminal.sees(/Stopped/);
  // Keys are still as they are for virtfs-top.
  await terminal.press("fg", "C-j");
  await terminal.sees(/^! +1 \/a/m);
  equal(await terminal.state(), "1 0 0\n");
});

test("It has colours, and none where NO_COLOR is set", async () => {
  for (const colours of [true, false]) {
    await using terminal = new Terminal();
    terminal.write("/a", 1);
    await terminal.start(`${TOP} ${terminal.figures}`, {
      NO_COLOR: colours ? "" : "1",
    });
    await terminal.sees(/^! +1 \/a/m);
    const screen = await terminal.screen("-e");
    // deno-lint-ignore no-control-regex
    (colours ? match : doesNotMatch)(screen, /\x1b\[33m!/);
  }
});

test("A share's name does nothing to the terminal", async () => {
  await using terminal = new Terminal();
  const name = "/\x1b[2J\x1b]2;title\x07\x9b41m\n日本語";
  Deno.mkdirSync(terminal.figures);
  Deno.writeTextFileSync(
    `${terminal.figures}/\x1b[31m.prom`,
    sample({ share: name, factor: 1 }),
  );
  // A long path would not fit.
  await terminal.start(`cd ${terminal.figures}/.. && exec ${TOP} figures`);
  await terminal.sees(/^! +1 ….*\\x9b41m\\n日本語 /m);
  await terminal.press("Enter");
  const shown = "/\\x1b[2J\\x1b]2;title\\x07\\x9b41m\\n日本語";
  const screen = await terminal.sees(/^up /m);
  deepEqual(screen.split("\n")[0]!.split("  ")[0], shown);
  match(screen, /figures\/\\x1b\[31m\.prom/);
});
