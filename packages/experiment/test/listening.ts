import { createServer, type AddressInfo } from 'node:net';
import { reportPort } from '@roomkey/experiment/measured';

const server = createServer().listen(0, '127.0.0.1', () =>
  reportPort((server.address() as AddressInfo).port),
);
