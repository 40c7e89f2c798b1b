import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { SystemEvent } from '@roomkey/embedded-system';

type Style = Parameters<typeof styleText>[0];

/** What a person at the terminal, or a reader of a log, gets to see: lines, each whole when it appears. */
export class Screen {
  readonly #out: Writable;

  constructor(out: Writable) {
    this.#out = out;
  }

  /** `text` as it is. */
  line(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(`\n${this.style('bold', text)}`);
  }

  /** Something held, or came about. */
  done(text: string): void {
    this.line(`  ${this.style('green', '✔')} ${text}`);
  }

  /** Something that asks for attention. */
  warning(text: string): void {
    this.line(`  ${this.style('yellow', '!')} ${text}`);
  }

  failure(text: string): void {
    this.line(`  ${this.style('red', '✘')} ${text}`);
  }

  detail(text: string): void {
    this.line(`      ${text}`);
  }

  faint(text: string): string {
    return this.style('dim', text);
  }

  /** A line for what happens to a part of the system. */
  event(event: SystemEvent): void {
    switch (event.kind) {
      case 'up':
        return this.done(`${event.part.padEnd(11)}${seconds(event.tookMs)}  ${this.faint(event.where)}`);
      case 'died':
        return this.warning(`${event.part} died (${event.reason}) and is started anew`);
      case 'back':
        return this.done(`${event.part} serves again, ${seconds(event.tookMs).trim()} after it died`);
      case 'given-up':
        return this.failure(`${event.part} does not come back. ${event.reason}`);
    }
  }

  /** Colours only where they are wanted: no TTY or NO_COLOR, no codes. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out, validateStream: true });
  }
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(5)} s`;
