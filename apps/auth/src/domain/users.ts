export interface User {
  /** `sub` of the user's tokens. */
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly roles: readonly string[];
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

export interface UserStore {
  /** @returns false when the name is taken, whatever its case */
  add(user: User, nameKey: string): Promise<boolean>;
  find(id: string): Promise<User | undefined>;
  /** The same, and nobody changes it or begins a session of it until the transaction ends. */
  hold(id: string): Promise<User | undefined>;
  /** Removes a user with all sessions, those that have ended too. @returns how many sessions went */
  remove(id: string): Promise<number>;
  findByName(nameKey: string): Promise<User | undefined>;
  /** In the order of their name keys, after one of them. */
  list(page: UserPage): Promise<readonly User[]>;
  /** @returns false when the stored hash is another by now */
  replacePassword(id: string, from: string, to: string): Promise<boolean>;
  setRoles(id: string, roles: readonly string[]): Promise<void>;
  setDisabled(id: string, disabledAt: Date | null): Promise<void>;
}

export interface UserPage {
  readonly namePrefix: string;
  readonly after: string;
  readonly limit: number;
}

/** Plain letters, so that no two names look alike; an e-mail address will do. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._@+-]{0,62}[A-Za-z0-9])$/;

/** Two names with the same key are the same name; undefined for what can be no name. */
export function nameKey(name: string): string | undefined {
  return NAME.test(name) ? name.toLowerCase() : undefined;
}
