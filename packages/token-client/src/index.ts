export type { CallFailure, CallInit } from './attempts.ts';
export { callService, type CallOptions, type ServiceAnswer } from './call-service.ts';
export { generateClientKey, publicClientKey } from './client-key.ts';
export { IncomingCall, type IncomingRequest } from './incoming-call.ts';
export type { ServiceToken } from './service-token.ts';
export {
  BrokenBodyError,
  streamService,
  type AnswerBody,
  type StreamedAnswer,
  type StreamOptions,
} from './stream-service.ts';
export { createTokenClient, type TokenClient, type TokenClientOptions } from './token-client.ts';
export type { TokenFailure } from './token-outcome.ts';
