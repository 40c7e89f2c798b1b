/** What a process that is no Fastify service takes from here, such as the gateway: it loads neither Fastify nor its plugins. */
export { loadSettings, serviceSettings, SettingsError } from './settings.ts';
export { problemBody, type ProblemSlug } from './problem.ts';
export { rawProblem, type RawRefusal } from './raw-problem.ts';
export { answerHeaders } from './answer-headers.ts';
export { standardOutput } from './log-destination.ts';
export { loggedPath } from './logged-path.ts';
