import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from './config.ts';
import { createHints, type Hints } from './domain/hints.ts';
import { statusListUri, type StatusListPolicy, type StatusListStore } from './domain/status-lists.ts';
import {
  createStatusPublication,
  type StatusListSigner,
  type StatusPublication,
} from './domain/status-publication.ts';
import { createStatusReservation, type StatusReservation } from './domain/status-reservation.ts';

/** The status lists of one replica: bits for new tokens, lists for verifiers, hints at their changes. */
export interface StatusLists {
  readonly statusReservation: StatusReservation;
  readonly statusPublication: StatusPublication;
  readonly hints: Hints;
  /** Another replica, or this one, has changed a list; an empty id: lists came or went. */
  changed(listId: string): Promise<void>;
  close(): void;
}

export interface StatusListsOptions {
  readonly settings: Settings;
  readonly store: StatusListStore;
  readonly signer: StatusListSigner;
  readonly now: () => Date;
  readonly warn: (error: unknown, what: string) => void;
}

/** A verifier that has lost the desk goes on for the longest token; a list says as much, and a minute for its renewal. */
const LIST_VALID_SECONDS = 960;
const LIST_TTL_SECONDS = 10;
const BLOCK_SIZE = 1_024;
/** How often it is seen to that the next window's list is published: several times in a window. */
const CHECKS_PER_WINDOW = 10;

/** Opens them and keeps the next window published until closed. Starts without the database. */
export async function openStatusLists({
  settings,
  store,
  signer,
  now,
  warn,
}: StatusListsOptions): Promise<StatusLists> {
  const issuer = settings.ISSUER;
  const policy: StatusListPolicy = {
    windowSeconds: settings.ACCESS_TOKEN_SECONDS,
    maxTokenSeconds: settings.ACCESS_TOKEN_SECONDS,
    size: settings.STATUS_LIST_SIZE,
    blockSize: Math.min(BLOCK_SIZE, settings.STATUS_LIST_SIZE),
  };
  const closing = new AbortController();
  const hints = createHints();
  const statusReservation = createStatusReservation(store, policy);
  const statusPublication = createStatusPublication({
    store,
    signer,
    issuer,
    uriOf: (listId) => statusListUri(issuer, listId),
    validSeconds: LIST_VALID_SECONDS,
    ttlSeconds: LIST_TTL_SECONDS,
    onError: (error) => warn(error, 'status lists are as they were last known'),
  });

  async function maintain(): Promise<void> {
    await statusReservation
      .maintain(now())
      .catch((error: unknown) => warn(error, 'the next status list is not published yet'));
  }

  async function keepPublished(): Promise<void> {
    const pauseMs = (policy.windowSeconds * 1_000) / CHECKS_PER_WINDOW;
    while (!closing.signal.aborted) {
      await delay(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      if (!closing.signal.aborted) await maintain();
    }
  }

  await maintain();
  await statusPublication.refresh(now());
  void keepPublished();
  return {
    statusReservation,
    statusPublication,
    hints,
    async changed(listId) {
      statusReservation.forgetClientBits();
      await statusPublication.refresh(now());
      hints.send(listId === '' ? { kind: 'lists' } : { kind: 'list', uri: statusListUri(issuer, listId) });
    },
    close: () => closing.abort(),
  };
}
