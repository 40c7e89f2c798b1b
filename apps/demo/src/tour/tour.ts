/** The tour: one guest's stay, told step by step, each of which says what should be and stops the tour when it is not. */
import { randomBytes } from 'node:crypto';
import { Client } from '../client.ts';
import type { Screen } from '../screen.ts';
import type { System } from '@roomkey/embedded-system';
import { showPicture } from './avatar.ts';
import { deskAway, deskBack } from './desk-away.ts';
import { keepDocument } from './documents.ts';
import { checkIn, renewCard, type Guest } from './guests.ts';
import { killReplicaUnderLoad } from './killed-replica.ts';
import { reportLostCard } from './lost-card.ts';
import { fetchThumbnailElsewhere, uploadPicture } from './pictures.ts';
import { writeProfile } from './profile.ts';
import type { Stage } from './step.ts';
import { refuseStrangers } from './strangers.ts';

/** A step did not go as it should; the message names it. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
}

/**
 * @returns the guest of the tour, with a card that has just been renewed
 * @throws {StepFailure} at the first step that does not hold
 */
export async function playTour(system: System, screen: Screen): Promise<Guest> {
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
  const replicatedStep = async (text: string, play: () => Promise<void>): Promise<void> => {
    if (isReplicated) return step(text, play);
    screen.heading(title(text));
    screen.warning('left out: with one replica of each service there is no other; --replicas 2 shows it');
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
    await step('Another guest, and somebody without a card, are refused', () =>
      refuseStrangers(stage, [`/image/images/${picture.id}`, document.path], profile),
    );
    await replicatedStep('A replica is killed while requests run', () =>
      killReplicaUnderLoad(stage, guest, picture),
    );
    await step('The desk is left: every replica of auth stops', () => deskAway(stage, guest, rooms));
    await step('The desk is back', () => deskBack(stage, guest));
    await step('She loses a card: every replica of every room refuses it', () =>
      reportLostCard(stage, guest, rooms),
    );
    guest = await step('She renews her card', () => renewCard(stage, guest));
    return guest;
  } finally {
    await client.close();
  }
}
