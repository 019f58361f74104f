import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../support/edge-client.ts';
import { type Stand, startStand } from '../support/edge-stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand({ limits: { refusedKeys: 5, requests: 60 } });
});
afterAll(() => stand?.stop());

const withKey = (key: string) => ask(stand, { headers: { 'shinkansen-api-key': key } });

test('S28 guessed API keys are cut off at the edge, while a known one of the same source goes on', async () => {
  expect((await withKey('good')).status).toBe(200);
  stand.answerWith(403);
  for (let guess = 0; guess < 6; guess++) expect((await withKey(`guess ${guess}`)).status).toBe(403);
  stand.answerWith(200);
  const before = stand.seen.length;
  const cut = await withKey('one more');
  expect([cut.status, cut.json.code, cut.headers['retry-after']]).toEqual([429, 'TOO_MANY_REQUESTS', '10']);
  expect((await ask(stand)).status).toBe(429);
  expect(stand.seen).toHaveLength(before);
  expect((await withKey('good')).status).toBe(200);
});

test('S28 a source that asks too often is told to wait, also with a known key', async () => {
  const statuses = new Set<number>();
  for (let at = 0; at < 80; at++) statuses.add((await withKey('good')).status);
  expect(statuses).toContain(429);
});
