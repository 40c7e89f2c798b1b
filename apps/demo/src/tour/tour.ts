/** The tour: one guest's stay, told step by step, each of which says what should be and stops the tour when it is not. */
import { randomBytes } from 'node:crypto';
import { Client } from '../client.ts';
import type { Screen } from '../screen.ts';
import { showPicture } from './avatar.ts';
import { deskAway, deskBack } from './desk-away.ts';
import { keepDocument } from './documents.ts';
import { eraseGuest } from './erasure.ts';
import { exportEverything } from './export.ts';
import { checkIn, renewCard, type Guest } from './guests.ts';
import { killReplicaUnderLoad } from './killed-replica.ts';
import { reportLostCard } from './lost-card.ts';
import { openMinibar } from './minibar.ts';
import { fetchThumbnailElsewhere, uploadPicture } from './pictures.ts';
import { writeProfile } from './profile.ts';
import { shareDocument } from './sharing.ts';
import { showByLink } from './signed-link.ts';
import { isOwn, type OwnStage, type Stage, type VisitedSystem } from './step.ts';
import { refuseStrangers } from './strangers.ts';

/** A step did not go as it should; the message names it. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
}

const NOT_OURS = 'the processes of a system that is only visited are left alone';
const NOT_OUR_DESK = 'the desk of a system that is only visited is told of no new client';

/**
 * @param system one that the demo runs itself, or one that is visited: nothing is done to the processes of that
 * @returns the guest of the tour, with a card that has just been renewed
 * @throws {StepFailure} at the first step that does not hold
 */
export async function playTour(system: VisitedSystem, screen: Screen): Promise<Guest> {
  const client = new Client(system.origin);
  const stage: Stage = { system, client, screen, run: randomBytes(4).toString('hex') };
  const isReplicated = (system.services.get('image')?.length ?? 0) > 1;
  let number = 0;
  const title = (text: string): string => `${(number += 1)}. ${text}`;
  const step = async <Result>(text: string, play: () => Promise<Result>): Promise<Result> => {
    const name = title(text);
    screen.heading(name);
    try {
      return await play();
    } catch (error) {
      throw new StepFailure(`Step "${name}" failed: ${(error as Error).message}`, { cause: error });
    }
  };
  const leaveOut = (text: string, reason: string): void => {
    screen.heading(title(text));
    screen.warning(`left out: ${reason}`);
  };
  const replicatedStep = async (text: string, play: () => Promise<void>): Promise<void> => {
    if (isReplicated) return step(text, play);
    leaveOut(text, 'with one replica of each service there is no other; --replicas 2 shows it');
  };
  const own = isOwn(stage) ? stage : undefined;
  const ownStep = async (text: string, play: (ours: OwnStage) => Promise<void>): Promise<void> => {
    if (own !== undefined) return step(text, () => play(own));
    leaveOut(text, NOT_OURS);
  };

  try {
    let guest = await step('A guest registers and signs in', () => checkIn(stage, 'ada'));
    const picture = await step('She uploads a picture', () => uploadPicture(stage, guest));
    await replicatedStep('Another replica gives a thumbnail, and keeps the place to itself', () =>
      fetchThumbnailElsewhere(stage, guest, picture),
    );
    const profile = await step('She writes her profile', () => writeProfile(stage, guest));
    await step('Her profile shows her picture: profile asks image in her name', () =>
      showPicture(stage, guest, profile, picture),
    );
    const document = await step('She keeps a document', () => keepDocument(stage, guest));
    const rooms = [`/image/images/${picture.id}`, document.path, profile.path];
    const stranger = await step('Another guest, and somebody without a card, are refused', () =>
      refuseStrangers(stage, [`/image/images/${picture.id}`, document.path], profile),
    );
    await step('She shares the document with that guest', () =>
      shareDocument(stage, guest, stranger, document),
    );
    await step('A signed link shows one picture in place of a card', () => showByLink(stage, guest, picture));
    await step('She takes everything along: data asks all services in her name', () =>
      exportEverything(stage, guest),
    );
    const opening = 'A service of your own opens: minibar asks profile in her name';
    if (own === undefined) leaveOut(opening, NOT_OUR_DESK);
    else await step(opening, () => openMinibar(own, guest));
    const killing = 'A replica is killed while requests run';
    if (own === undefined) leaveOut(killing, NOT_OURS);
    else await replicatedStep(killing, () => killReplicaUnderLoad(own, guest, picture));
    await ownStep('The desk is left: every replica of auth stops', (ours) => deskAway(ours, guest, rooms));
    await ownStep('The desk is back', (ours) => deskBack(ours, guest));
    await step('She loses a card: every replica of every room refuses it', () =>
      reportLostCard(stage, guest, rooms),
    );
    await step('Another guest leaves for good: the account is erased everywhere', () => eraseGuest(stage));
    guest = await step('She renews her card', () => renewCard(stage, guest));
    return guest;
  } finally {
    await client.close();
  }
}
