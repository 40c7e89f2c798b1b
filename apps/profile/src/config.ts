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
  IMAGE_URL: Type.String({
    pattern: '^https?://[^?#]*[^/?#]$',
    description: 'where the image service is reached, like http://127.0.0.1:8080/image',
  }),
  IMAGE_RESOURCE: Type.String({
    pattern: '^[a-z][a-z0-9+.-]*:.+$',
    description: "the image service's resource identifier: the audience of tokens for it",
  }),
});

export type Settings = Readonly<Static<typeof SettingsSchema>>;

/** @throws {SettingsError} naming every fault at once */
export function readSettings(): Settings {
  return loadSettings(SettingsSchema, process.env);
}
