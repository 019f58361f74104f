// Is this error of an AWS service one that passes by itself? What its server says of itself, what its service calls busy,
// and what got lost on the way. A denied permission, a missing name or a wrong call does not pass: it stays a fault.

const lostOnTheWay = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** @param busy names of errors that are this service's own */
export function passesByItself(error: unknown, busy: ReadonlySet<string>): boolean {
  const { name, code, $metadata } = error as {
    readonly name: string;
    readonly code?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const ofItsServer = ($metadata?.httpStatusCode ?? 0) >= 500;
  return ofItsServer || name === 'TimeoutError' || busy.has(name) || lostOnTheWay.has(code ?? '');
}
