// What may the edge's own log say? One of these codes, its sentence and a few fields, one JSON line each. Codes that a
// person has to act on are counted by the template. HAProxy writes its requests itself, in the same form.

export const edgeCodes = {
  EDGE_CERTIFICATE_ENDS: 'The certificate of a served name ends within 30 days.',
  EDGE_CLIENTS_REFUSED: 'Client certificates are refused from now on.',
  EDGE_DRAINING: 'Not ready any more; connections end before the task does.',
  EDGE_ENDED: 'The task ends.',
  EDGE_HAPROXY: 'HAProxy says something that is no request.',
  EDGE_HAPROXY_DIED: 'HAProxy ended by itself; it is started again, three times at most.',
  EDGE_HSM_ALONE: 'The HSMs stand in one zone: no more than a test stage may do with.',
  EDGE_HSM_REOPENED: 'The session at the HSM was lost; a new one signs.',
  EDGE_HSM_SILENT: 'The HSM does not sign; not ready until it does.',
  EDGE_LISTS_LATE: 'A revocation list of the truststore is late or soon will be.',
  EDGE_LOGIN_REFUSED:
    'The HSM refused the login, or did so before: this version of the secret is not tried again.',
  EDGE_MAC_CHANGED: 'Requests are signed with another key from now on.',
  EDGE_MAC_UNREAD: 'The key of the MAC could not be read; the one at hand goes on.',
  EDGE_MAP_STALE: 'The node could not be asked which clients are refused; not ready after a minute of that.',
  EDGE_NAMES_CHANGED: 'Names are served with other certificates from now on.',
  EDGE_NAMES_REFUSED: 'Names, chains or keys could not be changed; what was served goes on.',
  EDGE_SESSION_LOST: 'Handshakes fail although the HSM signs: a successor with new sessions takes over.',
  EDGE_STARTED: 'HAProxy serves.',
  EDGE_TRUST_CHANGED: 'Client certificates are held against another truststore from now on.',
  EDGE_TRUST_REFUSED: 'A truststore was refused or could not be read; the last good one stays.',
} as const;
export type EdgeCode = keyof typeof edgeCodes;

export type EdgeFields = Readonly<Record<string, string | number>>;
export type SayEdge = (code: EdgeCode, fields?: EdgeFields) => void;

/** Longest text of a field: reasons are one sentence. */
const longest = 500;

/** @param write one line, without its end */
export function edgeLog(write: (line: string) => void, now: () => Date): SayEdge {
  return (code, fields = {}) => {
    const fit = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, longest) : value,
    ]);
    const said = { code, at: now().toISOString(), message: edgeCodes[code] };
    const line = { ...said, ...Object.fromEntries(fit), ...said };
    write(JSON.stringify(line));
  };
}

/** What HAProxy writes: requests and failed handshakes are JSON already, everything else becomes a field. */
export function haproxyLines(write: (line: string) => void, say: SayEdge): (line: string) => void {
  return (line) => {
    if (/^\{"code":"EDGE_(REQUEST|HANDSHAKE_FAILED)"/.test(line)) write(line);
    else say('EDGE_HAPROXY', { line });
  };
}
