// Executions from start to end, across restarts: starts them, runs them again from the journal, stops them, and takes
// the answers of token holders. The wire is asked in operations.ts and http.ts.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ApiError, StateError } from './errors.ts';
import { Execution, type ExecutionFacts, type ExecutionRecord, parseInput } from './execution.ts';
import { runFlow } from './flow.ts';
import { failureDetails, inputDetails, outputDetails } from './history.ts';
import { type Journal, openJournal } from './journal.ts';
import { type MachineRecord, Machines } from './machines.ts';
import { type Line, type Run, type Surroundings, step } from './run.ts';
import { type Going, type Outcome, settle, tokenTask } from './task.ts';
import { checkToken } from './token.ts';

/** What of an execution is journalled at its start; the definition stands in its revision. */
type StartRecord = { kind: 'start'; facts: Omit<ExecutionFacts, 'definition' | 'definitionText'> };
type EngineRecord = MachineRecord | ExecutionRecord | StartRecord;

/** An execution's name can be used again after 90 days; until then its past can be asked. */
const rememberedMs = 90 * 86_400_000;

export class Engine {
  readonly machines: Machines;
  readonly executions = new Map<string, Execution>();
  readonly surroundings: Surroundings;
  readonly #journal: Journal;
  readonly #tokens = new Map<string, { execution: Execution; key: string }>();

  private constructor(surroundings: Surroundings, journal: Journal) {
    this.surroundings = surroundings;
    this.#journal = journal;
    this.machines = new Machines((record) => this.#write(record));
  }

  /** Reads the journal in `dataFolder` and goes on with every execution that had not ended. */
  static async open(surroundings: Surroundings, dataFolder: string): Promise<Engine> {
    const { records, journal } = await openJournal(join(dataFolder, 'stepfunctions.journal'));
    const engine = new Engine(surroundings, journal);
    for (const record of records as EngineRecord[]) engine.#take(record);
    for (const execution of engine.executions.values()) if (!execution.ending) engine.#launch(execution);
    return engine;
  }

  async close(): Promise<void> {
    for (const execution of this.executions.values()) execution.halt();
    await this.#journal.close();
  }

  /** Idempotent by name while the first still runs, as in AWS. */
  async start(given: { stateMachineArn: string; name?: string; input?: string }): Promise<Execution> {
    const target = this.machines.target(given.stateMachineArn);
    const { text } = parseInput(given.input);
    const name = given.name ?? randomUUID();
    const arn = `${target.machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const other = this.executions.get(arn);
    const now = this.surroundings.clock.now().getTime();
    if (other && !(other.ending && now - other.ending.at > rememberedMs)) {
      if (!other.ending && other.facts.input === text) return other;
      throw new ApiError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const facts: StartRecord['facts'] = {
      arn,
      name,
      stateMachineArn: target.machine.arn,
      stateMachineName: target.machine.name,
      roleArn: target.machine.roleArn,
      revisionId: target.revisionId,
      input: text,
      startedAt: now,
      ...(target.versionArn ? { stateMachineVersionArn: target.versionArn } : {}),
      ...(target.aliasArn ? { stateMachineAliasArn: target.aliasArn } : {}),
    };
    const record: StartRecord = { kind: 'start', facts };
    this.#take(record);
    const execution = this.executions.get(arn)!;
    await this.#write(record);
    this.#launch(execution);
    return execution;
  }

  /** ApiError `ExecutionDoesNotExist` for what is not there. */
  execution(arn: string): Execution {
    const execution = this.executions.get(arn);
    if (!/:execution:/.test(arn)) throw new ApiError('InvalidArn', `Invalid Arn: '${arn}'`);
    if (!execution) throw new ApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  async stop(arn: string, error?: string, cause?: string): Promise<Execution> {
    const execution = this.execution(arn);
    const details = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
    const draft = { type: 'ExecutionAborted', details: failureDetails(error, cause) };
    await execution.end({ status: 'ABORTED', ...details }, draft, execution.events.length);
    return execution;
  }

  /** `SendTaskSuccess` and `SendTaskFailure`: the first answer counts and is on the disk when this resolves. */
  async answer(token: unknown, outcome: Outcome): Promise<void> {
    const { execution, key } = this.#waiting(token);
    if (!(await settle(execution, key, tokenTask, outcome))) throw taskTimedOut();
  }

  async heartbeat(token: unknown): Promise<void> {
    const { execution, key } = this.#waiting(token);
    const at = this.surroundings.clock.now().getTime();
    await execution.record(`${key}:beat`, { at }, [], 0);
  }

  #waiting(token: unknown): { execution: Execution; key: string } {
    const task = this.#tokens.get(checkToken(token));
    if (!task) throw new ApiError('TaskDoesNotExist', "Task does not exist: 'no task has this token'");
    if (task.execution.isOver(task.key) || task.execution.step(`${task.key}:res`)) throw taskTimedOut();
    return task;
  }

  #take(record: EngineRecord): void {
    if (record.kind === 'start') {
      const { text: definitionText, definition } = this.machines.revision(record.facts.revisionId);
      const io = {
        write: (step: ExecutionRecord) => this.#write(step),
        now: () => this.surroundings.clock.now().getTime(),
      };
      const execution = new Execution({ ...record.facts, definition, definitionText }, io);
      this.executions.delete(record.facts.arn);
      this.executions.set(record.facts.arn, execution);
    } else if (record.kind === 'step' || record.kind === 'end') {
      this.executions.get(record.execution)?.apply(record);
      this.#noteToken(record);
    } else this.machines.apply(record);
  }

  #write(record: EngineRecord): Promise<void> {
    this.#noteToken(record);
    return this.#journal.append(record);
  }

  #noteToken(record: EngineRecord): void {
    if (record.kind !== 'step' || !record.key.endsWith(':go')) return;
    const { token } = record.value as Going;
    const execution = this.executions.get(record.execution);
    if (token && execution) this.#tokens.set(token, { execution, key: record.key.slice(0, -':go'.length) });
  }

  #launch(execution: Execution): void {
    const run: Run = { ...this.surroundings, execution, input: parseInput(execution.facts.input).value };
    void this.surroundings.busy.during(drive(run)).catch((error) => {
      if (!execution.signal.aborted) console.error('local Step Functions:', error);
    });
  }
}

function taskTimedOut(): ApiError {
  return new ApiError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
}

/** Runs an execution from its beginning, or on from what the journal remembers, to its end. */
async function drive(run: Run): Promise<void> {
  const { execution } = run;
  const { facts } = execution;
  const line: Line = { flow: facts.definition, prefix: '', signal: execution.signal, last: 0, variables: {} };
  try {
    const details = { ...inputDetails(run.input), roleArn: facts.roleArn };
    await step(
      run,
      line,
      ':started',
      () => null,
      () => [{ type: 'ExecutionStarted', details }],
    );
    line.last = 0; // AWS counts the first state's event as nobody's successor
    void watchTimeout(run);
    const output = await runFlow(run, line, run.input);
    const draft = { type: 'ExecutionSucceeded', details: outputDetails(output) };
    await execution.end({ status: 'SUCCEEDED', output: JSON.stringify(output) }, draft, line.last);
  } catch (thrown) {
    if (execution.signal.aborted) return;
    const failed = thrown instanceof StateError ? thrown : faultOf(thrown);
    const draft = { type: 'ExecutionFailed', details: failureDetails(failed.error, failed.detail) };
    const { error, detail: cause } = failed;
    const given = { ...(error === undefined ? {} : { error }), ...(cause ? { cause } : {}) };
    await execution.end({ status: 'FAILED', ...given }, draft, line.last);
  }
}

/** A mistake of the engine's own ends the execution, and is said aloud. */
function faultOf(thrown: unknown): StateError {
  console.error('local Step Functions:', thrown);
  return new StateError('States.Runtime', thrown instanceof Error ? thrown.message : String(thrown));
}

async function watchTimeout(run: Run): Promise<void> {
  const { execution } = run;
  const seconds = execution.facts.definition.TimeoutSeconds;
  if (seconds === undefined) return;
  try {
    await run.clock.sleepUntil(new Date(execution.facts.startedAt + seconds * 1000), execution.signal);
    const details = { error: 'States.Timeout' };
    const draft = { type: 'ExecutionTimedOut', details };
    await run.busy.during(execution.end({ status: 'TIMED_OUT', ...details }, draft, execution.events.length));
  } catch (error) {
    if (!execution.signal.aborted) console.error('local Step Functions:', error);
  }
}
