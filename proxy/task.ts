// One task of the edge's service from its start to its end: what is given is read, the PIN is tried once, the key is
// proved to be the certificate's, HAProxy serves, and then the control plane goes round. main.ts gives it AWS, a test
// or a laptop something else.

import { setTimeout as delay } from 'node:timers/promises';
import type { EdgeKey } from '../core/edge-identity.ts';
import { Changes } from './changes.ts';
import type { EdgeConfig } from './config.ts';
import { Control } from './control.ts';
import { Edge, type EdgeParts } from './edge.ts';
import type { HsmLogin, RefusedLogins } from './given/login.ts';
import { MacKeys } from './given/mac-key.ts';
import type { GivenNames } from './given/names.ts';
import type { TruststoreReader } from './given/truststore.ts';
import { shakeHands } from './handshake.ts';
import { Hsm, HsmError } from './hsm/hsm.ts';
import { edgeLog, haproxyLines, type SayEdge } from './log.ts';
import { Figures, metricLine } from './metrics.ts';
import type { RefusedSource } from './refused.ts';
import { type EdgeSettings, leastZones } from './settings.ts';

export interface TaskParts {
  readonly settings: EdgeSettings;
  readonly login: () => Promise<HsmLogin>;
  readonly refusedLogins: RefusedLogins;
  /** Before the module is loaded: CloudHSM's client learns its cluster. */
  readonly prepareHsm: () => Promise<void>;
  readonly names: (known?: number) => Promise<GivenNames | undefined>;
  readonly trust: Pick<TruststoreReader, 'next'>;
  /** Newest first. */
  readonly macKeys: () => Promise<readonly EdgeKey[]>;
  readonly refused: RefusedSource;
  readonly environment: EdgeParts['environment'];
  readonly now: () => Date;
  /** One line for the log. */
  readonly write: (line: string) => void;
  /** HAProxy cannot be kept alive: the task has to end. */
  readonly gaveUp: () => void;
  readonly service: string;
}

export interface Task {
  readonly edge: Edge;
  readonly control: Control;
  readonly changes: Changes;
  /** SIGTERM: not ready at once, and ended within Fargate's time. */
  drain(): Promise<void>;
}

const mostRestarts = 3;
const figuresMilliseconds = 60_000;

/** @throws Error saying what is missing; HsmError when the HSM or its key is not as it should be */
export async function startTask(parts: TaskParts): Promise<Task> {
  const { settings, now } = parts;
  const say = edgeLog(parts.write, now);
  if (settings.hsm.kind === 'cloudhsm' && settings.hsmZones < leastZones)
    say('EDGE_HSM_ALONE', { zones: settings.hsmZones });
  const login = await parts.login();
  const hsm = await openOnce(parts, login, say);
  // Nobody is let in before the node has answered who is refused.
  const asked = parts.refused.refusedAmong([], now());
  const [names, trust, macKeys] = await Promise.all([
    parts.names(),
    parts.trust.next(),
    parts.macKeys(),
    asked,
  ]);
  if (!names || !trust) throw new Error('names and truststore have to be given at the start');
  const chosen = new MacKeys();
  const macKey = chosen.choose(macKeys, now());
  const { kind, module, providerFolder } = settings.hsm;
  const config: EdgeConfig = {
    ...settings.config,
    names: names.names,
    hsm: { kind, module, token: hsm.token, ...(providerFolder && { providerFolder }) },
  };
  let restarts = 0;
  const died = (code: number | null, signal: string | null): void => {
    say('EDGE_HAPROXY_DIED', { end: String(code ?? signal), restarts });
    if (restarts++ >= mostRestarts) parts.gaveUp();
    else edge.restart().catch(parts.gaveUp);
  };
  const edge: Edge = await Edge.start({
    config,
    hsm,
    pin: login.pin,
    macKey,
    trust: trust.trust,
    refused: [],
    process: { say: haproxyLines(parts.write, say), died },
    environment: parts.environment,
  });
  trust.taken();
  say('EDGE_STARTED', { names: names.version, truststore: trust.version });
  const at = { namesVersion: names.version, macKeyId: macKey.id };
  const shared = { edge, now, say };
  const everyMilliseconds = settings.followMilliseconds;
  const changes = new Changes({ ...parts, ...shared, chosen, at, everyMilliseconds });
  return running(parts, { ...shared, config, changes });
}

interface Started {
  readonly edge: Edge;
  readonly now: () => Date;
  readonly say: SayEdge;
  readonly config: EdgeConfig;
  readonly changes: Changes;
}

async function running(parts: TaskParts, { edge, now, say, config, changes }: Started): Promise<Task> {
  const shake = () => shakeHands(config, edge.servedHosts);
  const control = new Control({ edge, refused: parts.refused, shakeHands: shake, now, say });
  await control.round();
  void control.run();
  void changes.run();
  const figures = new Figures(edge);
  let drained = false;
  const tell = async (): Promise<void> => {
    for (; !drained; await delay(figuresMilliseconds, undefined, { ref: false })) {
      const taken = await figures.take(control.isReady, now()).catch(() => undefined);
      if (taken) parts.write(metricLine(taken, parts.service, now()));
    }
  };
  void tell();
  return {
    edge,
    control,
    changes,
    async drain() {
      drained = true;
      changes.end();
      await control.drain(parts.settings.drainMilliseconds);
    },
  };
}

/** The PIN is tried once in the life of a secret's version: a service that restarts would lock the token otherwise. */
async function openOnce(parts: TaskParts, { pin, versionId }: HsmLogin, say: SayEdge): Promise<Hsm> {
  if (await parts.refusedLogins.wasRefused(versionId)) {
    say('EDGE_LOGIN_REFUSED', { reason: 'refused before', versionId });
    throw new HsmError('the HSM refused this version of the login before; it is not tried again', {
      pinRefused: true,
    });
  }
  await parts.prepareHsm();
  const { module, token } = parts.settings.hsm;
  try {
    return Hsm.open({ module, ...(token !== undefined && { token }), pin });
  } catch (error) {
    if (error instanceof HsmError && error.pinRefused) {
      await parts.refusedLogins.remember(versionId);
      say('EDGE_LOGIN_REFUSED', { reason: error.message, versionId });
    }
    throw error;
  }
}
