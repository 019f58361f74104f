// Which figures does a running edge give? One line a minute in CloudWatch's embedded metric format, which the log
// driver turns into metrics: nothing in the container may call CloudWatch. Alarms on them are in the template.

import type { Edge } from './edge.ts';

export interface EdgeFigures {
  /** 1 or 0: as the load balancer heard it last. */
  readonly Ready: number;
  readonly Connections: number;
  /** Since the last line. */
  readonly Requests: number;
  readonly ServerErrors: number;
  readonly RefusedClients: number;
  readonly HsmSignMilliseconds: number;
  readonly CertificateDays: number;
  readonly ListsFreshHours: number;
}

const units: Readonly<Record<keyof EdgeFigures, string>> = {
  Ready: 'Count',
  Connections: 'Count',
  Requests: 'Count',
  ServerErrors: 'Count',
  RefusedClients: 'Count',
  HsmSignMilliseconds: 'Milliseconds',
  CertificateDays: 'Count',
  ListsFreshHours: 'Count',
};

export const metricNamespace = 'Apodera/Edge';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
export function metricLine(figures: EdgeFigures, service: string, now: Date): string {
  const Metrics = Object.entries(units).map(([Name, Unit]) => ({ Name, Unit }));
  return JSON.stringify({
    _aws: {
      Timestamp: now.getTime(),
      CloudWatchMetrics: [{ Namespace: metricNamespace, Dimensions: [['service']], Metrics }],
    },
    service,
    ...figures,
  });
}

type Watched = Pick<Edge, 'statistics' | 'refused' | 'probeKeys' | 'certificatesUntil' | 'listsFreshUntil'>;
type Counters = Readonly<Record<'connections' | 'requests' | 'errors', number>>;

export class Figures {
  readonly #edge: Watched;
  #before: Counters = { connections: 0, requests: 0, errors: 0 };

  constructor(edge: Watched) {
    this.#edge = edge;
  }

  /** @throws Error when HAProxy does not tell */
  async take(ready: boolean, now: Date): Promise<EdgeFigures> {
    const counters = countersOf(await this.#edge.statistics());
    // A successor counts from zero.
    const since = (name: 'requests' | 'errors'): number =>
      counters[name] >= this.#before[name] ? counters[name] - this.#before[name] : counters[name];
    const left = (until: Date, milliseconds: number): number =>
      Math.floor(Math.min((until.getTime() - now.getTime()) / milliseconds, 10_000));
    const figures = {
      Ready: ready ? 1 : 0,
      Connections: counters.connections,
      Requests: since('requests'),
      ServerErrors: since('errors'),
      RefusedClients: this.#edge.refused.size,
      HsmSignMilliseconds: signMilliseconds(this.#edge),
      CertificateDays: left(this.#edge.certificatesUntil, 86_400_000),
      ListsFreshHours: left(this.#edge.listsFreshUntil, 3_600_000),
    };
    this.#before = counters;
    return figures;
  }
}

/** -1: it does not sign. */
function signMilliseconds(edge: Pick<Edge, 'probeKeys'>): number {
  const start = performance.now();
  try {
    edge.probeKeys();
  } catch {
    return -1;
  }
  return Math.round((performance.now() - start) * 10) / 10;
}

/** Of the front end, by the names in the first line of `show stat`. */
function countersOf(csv: string): Counters {
  const [head = '', ...rows] = csv.split('\n');
  const names = head.replace(/^# /, '').split(',');
  const row = rows.find((line) => line.startsWith('edge,FRONTEND,'))?.split(',') ?? [];
  const value = (name: string): number => Number(row[names.indexOf(name)] ?? 0) || 0;
  return { connections: value('scur'), requests: value('req_tot'), errors: value('hrsp_5xx') };
}
