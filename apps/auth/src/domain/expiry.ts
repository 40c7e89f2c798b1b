/** Forgets what time has made meaningless. */
export interface Expiry {
  /** @returns how many rows went */
  forgetExpired(now: Date): Promise<number>;
}
