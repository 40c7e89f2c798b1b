import { env } from 'node:process';
import { runService } from '@roomkey/service';
import { readSettings } from './config.ts';
import { openReplica } from './replica.ts';

const settings = readSettings(env);
await runService(await openReplica(settings), settings);
