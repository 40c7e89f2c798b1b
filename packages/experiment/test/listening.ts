import { createServer } from 'node:net';
import { listenMeasured } from '@roomkey/experiment/measured';

listenMeasured(createServer());
