import path from 'node:path';
import type { BenchArguments } from './arguments';
import type { ContestantOptions } from './contestant';
import { ContestantProcess } from './contestant-process';
import type { PostgresAddress } from './dbos/psql';
import { lines, type Line, type Sample } from './lines';
import { failedLines, lineResult, machine, type LineResult, type Report } from './report';

/** docs/bench-host.md says how it was chosen. */
const dbosPoolSize = 10;
const rounds = 3;

export interface Place {
  folder: string;
  /** Undefined when DBOS is left out. */
  postgres: PostgresAddress | undefined;
}

interface Side {
  process: ContestantProcess;
  /** The same side on an empty store. */
  elsewhere: (name: string) => ContestantOptions;
}

interface Sides {
  muster: Side;
  dbos: Side | undefined;
}

/** Runs every line on both sides in turns, so that whatever else the machine does meets both. */
export async function compare(given: BenchArguments, place: Place): Promise<Report> {
  const sides = await startSides(place);
  const settings = { Muster: await sides.muster.process.settings() };
  const peerSettings = await sides.dbos?.process.settings();
  const results: LineResult[] = [];
  for (const line of lines) {
    const scaled = given.isQuick ? { ...line, size: line.size / 10 } : line;
    const result = await runLine(scaled, sides, given.isQuick ? 1 : rounds);
    results.push(result);
    say(result);
  }
  await Promise.all([sides.muster.process.stop(), sides.dbos?.process.stop()]);
  return {
    at: new Date().toISOString(),
    isQuick: given.isQuick,
    machine: machine(),
    settings: peerSettings ? { ...settings, DBOS: peerSettings } : settings,
    lines: results,
    ...(sides.dbos ? { isHeld: failedLines({ lines: results }).length === 0 } : {}),
  };
}

async function startSides({ folder, postgres }: Place): Promise<Sides> {
  const muster = await startSide((name) => ({ side: 'muster', stateDirectory: path.join(folder, name) }));
  const dbos =
    postgres &&
    (await startSide((database) => ({ side: 'dbos', postgres, database, poolSize: dbosPoolSize })));
  return { muster, dbos };
}

async function startSide(elsewhere: Side['elsewhere']): Promise<Side> {
  return { process: await ContestantProcess.start(elsewhere('main')), elsewhere };
}

async function runLine(line: Line, { muster, dbos }: Sides, times: number): Promise<LineResult> {
  const peer = line.role === 'own' ? undefined : dbos;
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  if (line.id !== 'replay') {
    const warmUp = { ...line, size: Math.max(1, line.size / 10) };
    await muster.process.measure(warmUp);
    await peer?.process.measure(warmUp);
  }
  for (let round = 0; round < times; round += 1) {
    ours.push(await sample(line, muster, round));
    if (peer) theirs.push(await sample(line, peer, round));
  }
  return lineResult(line, ours, peer ? theirs : undefined);
}

function sample(line: Line, side: Side, round: number): Promise<Sample> {
  return line.id === 'replay'
    ? ContestantProcess.replay(side.elsewhere(`replay${round}`), line)
    : side.process.measure(line);
}

function say({ title, muster, dbos }: LineResult): void {
  const peer = dbos ? `, DBOS ${dbos.median.toPrecision(4)}` : '';
  process.stderr.write(`${title}: Muster ${muster.median.toPrecision(4)}${peer}\n`);
}
