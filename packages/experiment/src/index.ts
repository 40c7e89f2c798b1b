export { Administrator } from './administrator.ts';
export { Client, type Answer, type Call } from './client.ts';
export { openCuttablePath, type CuttablePath } from './cuttable-path.ts';
export { runCommand, runExperiments, type Reading } from './command.ts';
export { EXIT } from './exit-codes.ts';
export type { Experiment, Outcome, Progress } from './experiment.ts';
export { expiryOf, Guest, refresh, type Stay } from './guests.ts';
export { interleave } from './interleave.ts';
export { hold, temporaryFolder, type Held } from './leftovers.ts';
export { Load, ROOM_PATHS, ROOMS, type LoadFigures, type LoadOptions } from './load.ts';
export {
  cpuMicroseconds,
  residentMib,
  startMeasuredProcess,
  type MeasuredProcess,
} from './measured-process.ts';
export { untilRefused, type Credential, type RoomReplica } from './refusal-watch.ts';
export { refusalDelays, revokedCard, type Victim } from './revoked-card.ts';
export { choosePort } from '@roomkey/embedded-system';
export { isListening, untilListening } from './listening-port.ts';
export { requestsPerCpuSecond, saturateProcess, type MeasuredSaturation } from './saturate-process.ts';
export { kidOf, renewForEver, untilSignedByNewKey } from './rotations.ts';
export { httpRequest, saturate, type Saturation, type SaturationOptions } from './saturate.ts';
export { ServiceClient } from './service-client.ts';
export { ratio, round, spread, summarize, type Spread, type Summary } from './statistics.ts';
export { withSystem, type Surroundings, type TestSettings } from './system-under-test.ts';
