// One request and what came of it. A request whose answer was lost is sent again, the same bytes under the same ids:
// the node answers a repeat with what it said first.

export interface TransportOptions {
  /** Origin of the node's API, without path: `https://api.network.example`. */
  readonly origin: string;
  /** Asked at each request, so that a renewed key counts at once. */
  readonly apiKey: () => string | Promise<string>;
  /** For a client certificate, a proxy, a private CA. Redirects are never followed. */
  readonly fetch?: typeof fetch;
  /** An answer that took longer counts as lost; 30 seconds when absent, the longest that the node takes. */
  readonly timeoutMs?: number;
  /** How often a lost or busy request is sent in all. */
  readonly attempts?: number;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are an answer and no failure. */
  readonly good: readonly number[];
}

export interface NodeErrorDetail {
  readonly error_code: string | null;
  readonly error_message: string | null;
}

/** The node said no, or nothing that can be relied on. `unknown`: it may have acted; ask, or send the same again. */
export class NodeError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly errors: readonly NodeErrorDetail[];
  readonly interactionId: string | undefined;
  readonly unknown: boolean;

  constructor(
    status: number,
    body: Record<string, unknown>,
    interactionId: string | undefined,
    cause?: unknown,
  ) {
    const code = typeof body.code === 'string' ? body.code : undefined;
    const detail = typeof body.detail === 'string' ? body.detail : undefined;
    super(detail ?? (status === 0 ? 'the node did not answer' : `the node answered ${status}`), { cause });
    this.name = 'NodeError';
    this.status = status;
    this.code = code;
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.interactionId = interactionId;
    this.unknown = status === 0 || status >= 500;
  }
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const AGAIN = new Set([0, 429, 500, 502, 503, 504]);

/** @throws NodeError */
export async function exchange<T>(options: TransportOptions, outgoing: Outgoing): Promise<T> {
  const { attempts = ATTEMPTS, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = options;
  for (let attempt = 1; ; attempt++) {
    const answer = await once(options, outgoing);
    if (outgoing.good.includes(answer.status)) return answer.body as T;
    const error = new NodeError(answer.status, answer.body, answer.interactionId, answer.cause);
    const inFlight = answer.status === 409 && error.code === 'IDEMPOTENCY_IN_FLIGHT';
    if (attempt >= attempts || !(AGAIN.has(answer.status) || inFlight)) throw error;
    await pause(answer.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
  }
}

interface Heard {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly interactionId?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

async function once(options: TransportOptions, { method, path, body, headers }: Outgoing): Promise<Heard> {
  const send = options.fetch ?? fetch;
  const apiKey = await options.apiKey();
  try {
    const response = await send(`${options.origin.replace(/\/$/, '')}${path}`, {
      method,
      headers: {
        'Shinkansen-Api-Key': apiKey,
        ...(body && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    });
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const interactionId = response.headers.get('x-fapi-interaction-id') ?? undefined;
    return {
      status: response.status,
      body: objectIn(await response.text()),
      ...(interactionId !== undefined && { interactionId }),
      ...(seconds >= 0 && { retryAfterMs: Math.min(LONGEST_PAUSE_MS, seconds * 1000) }),
    };
  } catch (cause) {
    return { status: 0, body: {}, cause };
  }
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
