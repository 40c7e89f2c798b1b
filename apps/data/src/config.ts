import process from 'node:process';
import {
  clientSettings,
  eventSettings,
  loadSettings,
  originSettings,
  roomSettings,
  serviceSettings,
} from '@roomkey/service';
import { Type, type Static } from '@roomkey/schema';

const SettingsSchema = Type.Object({
  ...serviceSettings,
  ...originSettings,
  ...roomSettings,
  ...clientSettings,
  ...eventSettings,
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: "this service's own PostgreSQL database",
  }),
  DOCUMENTS_PER_USER: Type.Integer({
    minimum: 1,
    default: 1_000,
    description: 'how many documents a user can keep',
  }),
  CHANGES_PER_COLLECTION: Type.Integer({
    minimum: 1,
    default: 10_000,
    description: 'how many changes a client can be behind and still resume',
  }),
});

export type Settings = Readonly<Static<typeof SettingsSchema>>;

/** @throws {SettingsError} naming every fault at once */
export function readSettings(): Settings {
  return loadSettings(SettingsSchema, process.env);
}
