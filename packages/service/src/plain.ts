/** What a process that is no Fastify service takes from here, such as the gateway: it loads neither Fastify nor its plugins. */
export { loadSettings, serviceSettings, SettingsError } from './settings.ts';
export { problemBody, type ProblemSlug } from './problem.ts';
export { rawProblem } from './raw-problem.ts';
