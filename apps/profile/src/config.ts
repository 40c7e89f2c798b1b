import process from 'node:process';
import { loadSettings, originSettings, roomSettings, serviceSettings } from '@roomkey/service';
import { Type, type Static } from 'typebox';

const SettingsSchema = Type.Object({
  ...serviceSettings,
  ...originSettings,
  ...roomSettings,
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: "this service's own PostgreSQL database",
  }),
});

export type Settings = Readonly<Static<typeof SettingsSchema>>;

/** @throws {SettingsError} naming every fault at once */
export function readSettings(): Settings {
  return loadSettings(SettingsSchema, process.env);
}
