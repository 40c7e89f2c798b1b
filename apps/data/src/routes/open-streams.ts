import { Problem } from '@roomkey/service';

interface StreamLimits {
  readonly perUser: number;
  readonly perReplica: number;
}

/** Counts the streams of this replica, so that no user and no crowd holds all of it. */
export function createOpenStreams({ perUser, perReplica }: StreamLimits) {
  const ends = new Map<() => void, string>();
  const ofUser = new Map<string, number>();

  return {
    /**
     * @param user who opens it
     * @param end closes it when the service leaves
     * @returns a function to call when it is closed
     * @throws {Problem} `too-many-requests` or `unavailable` when there is no room
     */
    add(user: string, end: () => void): () => void {
      const mine = ofUser.get(user) ?? 0;
      if (mine >= perUser) {
        throw new Problem('too-many-requests', `You have ${mine} streams open here; close one first.`, {
          'retry-after': '30',
        });
      }
      if (ends.size >= perReplica)
        throw new Problem('unavailable', 'Too many streams are open here.', { 'retry-after': '30' });
      ofUser.set(user, mine + 1);
      ends.set(end, user);
      return () => {
        if (!ends.delete(end)) return;
        const left = (ofUser.get(user) ?? 1) - 1;
        if (left === 0) ofUser.delete(user);
        else ofUser.set(user, left);
      };
    },

    endAll(): void {
      for (const end of ends.keys()) end();
    },
  };
}
