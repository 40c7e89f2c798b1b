import { round, spread, summarize } from '@roomkey/experiment';
import { isReliablyLess } from '../../compare.ts';
import type { Finding, Rule, Table } from '../../finding.ts';
import { bars, type Bar } from '../../plots.ts';
import { type Measured, seriesOf } from './measure.ts';
import type { Side } from './sides.ts';

const USUAL = 'ES256';
const MICROSECONDS = 1_000;

export interface Conditions {
  readonly sides: readonly Side[];
  readonly measured: ReadonlyMap<string, Measured>;
  /** What a round trip over an emulated path really takes longer than without it, in milliseconds, by what was asked for. */
  readonly addedMs: ReadonlyMap<number, number>;
  readonly missing: readonly string[];
}

export function conclude({ sides, measured, addedMs, missing }: Conditions): Finding {
  const seriesOfSide = (name: string): Measured => seriesOf(measured, name);
  const open = seriesOfSide('no check');
  const lookUps = (ms: number): readonly Side[] => sides.filter(({ roundTripMs }) => roundTripMs === ms);
  const firstSeen = sides.filter(({ kind }) => kind === 'first-seen token');
  const isFaster = (ours: string, theirs: string): boolean =>
    isReliablyLess(seriesOfSide(ours).p50Ms, seriesOfSide(theirs).p50Ms);
  const isFasterThanAll = (ours: string, ms: number): boolean =>
    lookUps(ms).every(({ name }) => isFaster(ours, name));
  const known = `${USUAL}, known`;
  const first = `${USUAL}, first seen`;

  const cpuOf = (name: string): number => medianOf(seriesOfSide(name).serviceCpu);
  const cheapest = lookUps(0).toSorted((a, b) => cpuOf(a.name) - cpuOf(b.name))[0]?.name ?? 'no check';
  const breakEven = breakEvenRequests(seriesOfSide(known), seriesOfSide(first), seriesOfSide(cheapest));

  const core: readonly Rule[] = [
    {
      says: `a known ${USUAL} token is answered sooner than every look-up on the same machine`,
      met: isFasterThanAll(known, 0),
    },
    {
      says: `a first-seen ${USUAL} token is answered sooner than every look-up 0.5 ms away`,
      met: isFasterThanAll(first, 0.5),
    },
  ];
  const unconditional: readonly Rule[] = [
    {
      says: 'a first-seen token of every algorithm is answered sooner than every look-up on the same machine',
      met: firstSeen.every(({ name }) => isFasterThanAll(name, 0)),
    },
    {
      says: `a known ${USUAL} token takes less of the service's processor than every look-up`,
      met: lookUps(0).every(({ name }) =>
        isReliablyLess(seriesOfSide(known).serviceCpu, seriesOfSide(name).serviceCpu),
      ),
    },
    {
      says: `a first-seen ${USUAL} token takes less of the service's processor than every look-up`,
      met: lookUps(0).every(({ name }) =>
        isReliablyLess(seriesOfSide(first).serviceCpu, seriesOfSide(name).serviceCpu),
      ),
    },
  ];
  const addedOf = (name: string): number => Math.round(added(seriesOfSide(name).p50Ms, open.p50Ms).median);
  const saysAdded = (name: string): string => {
    const [low] = added(seriesOfSide(name).p50Ms, open.p50Ms).quartiles;
    return low <= 0 ? 'nothing that the noise lets see' : `${addedOf(name)} µs`;
  };
  const quickest = (ms: number): number => Math.min(...lookUps(ms).map(({ name }) => addedOf(name)));
  return {
    figures: {
      sides: Object.fromEntries(sides.map(({ name }) => [name, figuresOf(seriesOfSide(name), open)])),
      emulatedRoundTripMs: Object.fromEntries(addedMs),
      cheapestLookUp: cheapest,
      breakEvenRequests: breakEven,
      missing,
    },
    tables: [tableOf(sides, measured), pathTable(addedMs), ...missing.map(missingTable)],
    plots: [
      bars(
        'How much later the answer comes because of the check',
        'Microseconds above the same route without a check, one request at a time: median of the rounds, and quartiles. Logarithmic: each step to the right is ten times as long; what is less than 1 is shown as 1.',
        {
          value: { title: 'added µs (log)', scale: 'log' },
          rows: sides.filter(({ kind }) => kind !== 'no check').map((side) => latencyBar(side, measured)),
        },
      ),
      bars(
        "What the check costs the service's processor",
        'Microseconds of processor time for one request, with 16 in flight: median of the rounds, and quartiles. Round trips cost no processor time, so look-ups are shown without.',
        {
          value: { title: 'µs of processor time per request' },
          rows: sides
            .filter(({ roundTripMs = 0 }) => roundTripMs === 0)
            .map(({ name, kind }) => barOf(name, kind, spread(seriesOfSide(name).serviceCpu))),
        },
      ),
    ],
    rules: { core, unconditional },
    because: `A known ${USUAL} token adds ${saysAdded(known)} to the answer, a first-seen one ${saysAdded(first)}; the quickest look-up adds ${quickest(0)} µs on the same machine and ${quickest(0.5)} µs with 0.5 ms of network. In processor time a first-seen token (${Math.round(cpuOf(first))} µs a request) pays against the cheapest look-up (${cheapest}, ${Math.round(cpuOf(cheapest))} µs) ${saysBreakEven(breakEven)}.`,
  };
}

/**
 * How many requests a token has to serve at one replica until its one verification has paid for itself, beside look-ups for all of
 * them; round by round. Infinity where a look-up took no more than a known token.
 */
function breakEvenRequests(known: Measured, first: Measured, lookUp: Measured) {
  return spread(
    first.serviceCpu.map((cost, turn) => {
      const each = known.serviceCpu[turn] ?? NaN;
      const saved = (lookUp.serviceCpu[turn] ?? NaN) - each;
      return saved > 0 ? Math.max(1, (cost - each) / saved) : Infinity;
    }),
  );
}

function saysBreakEven({ median, quartiles: [low, high] }: ReturnType<typeof spread>): string {
  if (median === Infinity) return 'at no number of requests';
  const most = high === Infinity ? 'any number' : Math.ceil(high);
  return `after ${Math.ceil(median)} requests at one replica (quartiles ${Math.ceil(low)} to ${most})`;
}

function medianOf(values: readonly number[]): number {
  return spread(values).median;
}

/** Microseconds later than the open route in the same round. */
function added(p50Ms: readonly number[], openMs: readonly number[]) {
  return spread(p50Ms.map((ms, turn) => (ms - (openMs[turn] ?? NaN)) * MICROSECONDS));
}

function figuresOf(series: Measured, open: Measured) {
  return {
    addedMicroseconds: added(series.p50Ms, open.p50Ms),
    latencyMs: summarize(series.latenciesMs),
    serviceCpuMicroseconds: spread(series.serviceCpu),
    storeCpuMicroseconds: spread(series.storeCpu),
  };
}

function tableOf(sides: readonly Side[], measured: ReadonlyMap<string, Measured>): Table {
  const open = seriesOf(measured, 'no check');
  return {
    title: 'One request at a time: latency in µs; 16 in flight: processor time in µs per request',
    columns: ['side', 'added p50', 'quartiles', 'p50', 'p99', 'CPU, service', 'CPU, store'],
    rows: sides.map(({ name }) => {
      const series = seriesOf(measured, name);
      const { median, quartiles } = added(series.p50Ms, open.p50Ms);
      const sorted = series.latenciesMs.map((ms) => ms * MICROSECONDS);
      const { p50, p99 } = summarize(sorted);
      return [
        name,
        Math.round(median),
        quartiles.map(Math.round).join(' – '),
        Math.round(p50),
        Math.round(p99),
        round(medianOf(series.serviceCpu)),
        round(medianOf(series.storeCpu)),
      ];
    }),
  };
}

function pathTable(addedMs: ReadonlyMap<number, number>): Table {
  return {
    title: 'What the emulated paths really add to a round trip',
    columns: ['asked for, ms', 'measured, ms'],
    rows: [...addedMs].map(([asked, ms]) => [asked, round(ms)]),
  };
}

function missingTable(reason: string): Table {
  return { title: 'Not tried', columns: ['why'], rows: [[reason]] };
}

function latencyBar({ name, kind }: Side, measured: ReadonlyMap<string, Measured>): Bar {
  const open = seriesOf(measured, 'no check');
  return barOf(name, kind, added(seriesOf(measured, name).p50Ms, open.p50Ms), 1);
}

/** @param least what is shown for less: a logarithmic axis has no zero */
function barOf(
  label: string,
  side: string,
  { median, quartiles: [low, high] }: ReturnType<typeof spread>,
  least = -Infinity,
): Bar {
  return {
    label,
    side,
    value: Math.max(median, least),
    low: Math.max(low, least),
    high: Math.max(high, least),
  };
}
