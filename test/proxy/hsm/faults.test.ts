import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Thumbprint } from '../../../core/certificate/thumbprint.ts';
import { Control } from '../../../proxy/control.ts';
import { shakeHands } from '../../../proxy/handshake.ts';
import { ask, exchange, open } from '../../support/edge-client.ts';
import { hosts, type Stand, startStand } from '../../support/edge-stand.ts';
import { type FaultyHsm, pinIncorrect } from '../../support/faulty-hsm.ts';
import { tokenLabel, tokenPin } from '../../support/soft-hsm.ts';

let stand: Stand;
let hsm: FaultyHsm;
let said: string[];
let control: Control;
beforeAll(async () => {
  stand = await startStand({ faulty: true });
  hsm = stand.faulty!;
  said = [];
  control = controlPlane();
});
afterAll(() => stand?.stop());

const controlPlane = () =>
  new Control({
    edge: stand.edge,
    refused: { refusedAmong: async () => new Set<Thumbprint>() },
    shakeHands: () => shakeHands(stand.config, stand.edge.servedHosts),
    now: () => new Date(),
    say: (code) => said.push(code),
  });
const get = `GET /v1/x HTTP/1.1\r\nHost: ${hosts.optional}\r\n\r\n`;
const ready = async () => (await fetch(`http://127.0.0.1:${stand.healthPort}/`)).status;
const wrongPins = () => hsm.logins().filter(({ answer }) => answer === pinIncorrect).length;

describe('an HSM that throttles', () => {
  it('fails the handshakes that it does not sign, and none after them', async () => {
    const { pid } = stand.edge;
    hsm.becomes('sign-errors');
    for (let at = 0; at < 3; at++) await expect(ask(stand)).rejects.toThrow(/internal error|handshake/i);
    hsm.becomes('ok');
    for (let at = 0; at < 3; at++) expect((await ask(stand)).status).toBe(200);
    expect(stand.edge.pid).toBe(pid);
  });

  it('does not touch connections that stand, nor sessions that are resumed', async () => {
    const client = await stand.client();
    const kept = await open(stand, { ...client, maxVersion: 'TLSv1.2' });
    const session = kept.getSession()!;
    expect(await exchange(kept, get)).toContain('200 OK');
    hsm.becomes('sign-errors');
    expect(await exchange(kept, get)).toContain('200 OK');
    const resumed = await open(stand, { ...client, session, maxVersion: 'TLSv1.2' });
    expect(resumed.isSessionReused()).toBe(true);
    expect(await exchange(resumed, get)).toContain('200 OK');
    hsm.becomes('ok');
    for (const socket of [kept, resumed]) socket.destroy();
  });
});

describe('sessions that the HSM has closed', () => {
  it('are replaced in one round of the control plane, with no PIN refused', async () => {
    expect(await control.round()).toBe(true);
    const before = hsm.logins().length;
    hsm.becomes('lost 1');
    expect(await control.round()).toBe(true);
    expect((await ask(stand)).status).toBe(200);
    expect(said).toContain('EDGE_HSM_REOPENED');
    expect(wrongPins()).toBe(0);
    // One of the control plane; of the successor one to check its files, and one to serve.
    expect(hsm.logins().length - before).toBeLessThanOrEqual(6);
  });
});

describe('an HSM that is gone', () => {
  it('makes the edge not ready while connections that stand go on, and it comes back by itself', async () => {
    const client = await stand.client();
    const kept = await open(stand, client);
    expect(await control.round()).toBe(true);
    const before = hsm.logins().length;
    hsm.becomes('gone');
    expect(await control.round()).toBe(false);
    expect(await ready()).toBe(503);
    expect(await exchange(kept, get)).toContain('200 OK');
    for (let at = 0; at < 5; at++) await control.round();
    expect(hsm.logins().length).toBe(before);
    hsm.becomes('ok');
    expect(await control.round()).toBe(true);
    expect(await ready()).toBe(200);
    expect((await ask(stand, client)).status).toBe(200);
    kept.destroy();
  });
});

describe('an HSM that is slow', () => {
  it('with 5 ms for each signature serves new connections all the same', async () => {
    hsm.becomes('slow 5000');
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(stand)));
    hsm.becomes('ok');
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('a PIN that was changed while the edge runs', () => {
  // One that remembers no successor of the last minute.
  beforeAll(() => {
    control = controlPlane();
  });

  it('touches nobody until something starts; successors try it twice and no more', async () => {
    changePin(tokenPin, '654321');
    expect((await ask(stand)).status).toBe(200);
    expect(wrongPins()).toBe(0);
    hsm.becomes('lost 2');
    for (let at = 0; at < 5; at++) expect(await control.round()).toBe(false);
    for (let at = 0; at < 5; at++) await expect(ask(stand)).rejects.toThrow();
    expect(wrongPins()).toBe(2);
  });

  it("is tried once by the control plane's own session, and starts no successor", async () => {
    const before = wrongPins();
    hsm.becomes('pin-refused 3');
    for (let at = 0; at < 5; at++) expect(await control.round()).toBe(false);
    expect(said).toContain('EDGE_HSM_SILENT');
    expect(wrongPins()).toBe(before + 1);
  });
});

function changePin(from: string, to: string): void {
  const script = `
    import { createRequire } from 'node:module';
    const { PKCS11, CKF_SERIAL_SESSION, CKF_RW_SESSION, CKU_USER } = createRequire(import.meta.url)('pkcs11js');
    const p = new PKCS11(); p.load(${JSON.stringify(hsm.module)}); p.C_Initialize();
    const slot = p.C_GetSlotList(true).find((one) => p.C_GetTokenInfo(one).label.trim() === ${JSON.stringify(tokenLabel)});
    const session = p.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    p.C_Login(session, CKU_USER, ${JSON.stringify(from)}); p.C_SetPIN(session, ${JSON.stringify(from)}, ${JSON.stringify(to)});
    p.C_Finalize();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
