export { createService, type Service, type ServiceOptions } from './create-service.ts';
export { decodeCursor, encodeCursor, pageQuery } from './cursor.ts';
export { formatETag, matchesIfNoneMatch, requireIfMatch, versionsIn } from './preconditions.ts';
export {
  clientSettings,
  eventReceiverOptions,
  eventSettings,
  issuerViewOptions,
  loadSettings,
  originSettings,
  roomSettings,
  serviceSettings,
  SettingsError,
  tokenClientOptions,
} from './settings.ts';
export { Problem, problemBody, PROBLEMS, type ProblemSlug } from './problem.ts';
export { rawProblem } from './raw-problem.ts';
export { ProblemSchema } from './problem-schema.ts';
export { runService } from './run-service.ts';
