import type { FastifyBaseLogger } from 'fastify';
import type { Bindings, ChildLoggerOptions, Logger } from 'pino';
import type { ServiceLog } from './logging.ts';

/**
 * The logger of one request. Making a child of pino's costs more than writing a line, and most requests write one alone, their
 * last: it goes without. Who says more has the child made then.
 */
export class RequestLogger implements FastifyBaseLogger {
  readonly #service: ServiceLog;
  #bindings: Bindings;
  #child: Logger | undefined;

  /** @param bindings what every line of the request says */
  constructor(service: ServiceLog, bindings: Bindings) {
    this.#service = service;
    this.#bindings = bindings;
  }

  get level(): string {
    return this.#service.logger.level;
  }

  /** From here on every line of the request says this too. */
  setBindings(bindings: Bindings): void {
    this.#bindings = { ...this.#bindings, ...bindings };
    this.#child?.setBindings(bindings);
  }

  /** Writes the line that ends the request, at level `info`. */
  last(fields: Readonly<Record<string, unknown>>): void {
    this.#service.writeInfo(this.#bindings, fields);
  }

  child(bindings: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger {
    return this.#made.child(bindings, options);
  }

  get #made(): Logger {
    this.#child ??= this.#service.logger.child(this.#bindings);
    return this.#child;
  }

  // pino's own signature has many forms; all of them are handed on as they came.
  fatal(...line: unknown[]): void {
    this.#made.fatal(...(line as Line));
  }

  error(...line: unknown[]): void {
    this.#made.error(...(line as Line));
  }

  warn(...line: unknown[]): void {
    this.#made.warn(...(line as Line));
  }

  info(...line: unknown[]): void {
    this.#made.info(...(line as Line));
  }

  debug(...line: unknown[]): void {
    this.#made.debug(...(line as Line));
  }

  trace(...line: unknown[]): void {
    this.#made.trace(...(line as Line));
  }

  silent(): void {}
}

type Line = [fields: object, message?: string];
