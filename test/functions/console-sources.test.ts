import { expect, test } from 'vitest';
import { enrolmentItem } from '../../adapters/dynamodb/enrolment-items.ts';
import { itemOf } from '../../adapters/dynamodb/records.ts';
import { onboarding } from '../support/administration.ts';
import { aDoor } from '../support/people-door.ts';
import { anEnrolment } from '../support/people-world.ts';

const source = 'a'.repeat(64);

test.each([
  ['sin nueva consulta', 'no sweep has come to yet', 10, {}],
  ['atrasada', 'no sweep comes to', 3 * 60, {}],
  ['atrasada', 'was asked and gave no word', 10, { lastAttempt: 5 }],
  ['detiene pagos', 'never gave a word', 4 * 24 * 60, {}],
])(
  'the console calls “%s” a source that %s',
  async (word, _, ageMinutes, { lastAttempt }: { lastAttempt?: number }) => {
    const door = aDoor();
    const { world } = door;
    const operators = await door.operators();
    await door.perform('participant.onboard', onboarding, operators.map(({ id }) => id).slice(0, 2));
    const session = await door.signInByBrowser(operators[0]!);
    await world.table.write({ put: enrolmentItem(anEnrolment({ sources: [source] })) });
    const ago = (minutes: number) => new Date(world.clock.now().getTime() - minutes * 60_000);
    const times = {
      kind: 'crl',
      since: ago(ageMinutes),
      ...(lastAttempt && { lastAttempt: ago(lastAttempt) }),
    };
    await world.table.write({ put: { ...itemOf(times), pk: `SRC#${source}`, sk: 'SOURCE' } });
    const { status, body = '' } = await door.visit('/console/sources', { session });
    expect(status).toBe(200);
    expect(/class="state \w+">([^<]+)</.exec(body)?.[1]).toBe(word);
  },
);
