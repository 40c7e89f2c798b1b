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

const url = (service: string) =>
  Type.String({
    pattern: '^https?://[^?#]*[^/?#]$',
    description: `where the ${service} service is reached, like http://127.0.0.1:8080/${service}`,
  });
const resource = (service: string) =>
  Type.String({
    pattern: '^[a-z][a-z0-9+.-]*:.+$',
    description: `the ${service} service's resource identifier: the audience of tokens for it`,
  });

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
  AUTH_URL: url('auth'),
  AUTH_RESOURCE: resource('auth'),
  IMAGE_URL: url('image'),
  IMAGE_RESOURCE: resource('image'),
  PROFILE_URL: url('profile'),
  PROFILE_RESOURCE: resource('profile'),
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
