import { describe, expect, test } from 'vitest';
import {
  type Crossing,
  crossing,
  endedBy,
  parties,
  proofs,
  recorded,
  type State,
  seen,
  settle,
  states,
} from '../support/crossing.ts';

// Who may end a certificate, in which state, with whose proof, and at which door? Every crossing of them, with what each
// node answers, how the certificate stands at both afterwards, whether its word is still taken, and what is recorded.
// "The same key": the certificate's own, the person's own factor, the PSC's own signature; "another": somebody else's of
// the same kind. `=` is as it stood, `-` nothing recorded.
const table = `
network  | participant    | pending          | the same key | CERTIFICATE_UNKNOWN    | =                                                   | =                                                   | -                           | -
network  | participant    | pending          | another      | done                   | rejected, valid, WITHDRAWN, not taken               | rejected, valid, DISABLED_ELSEWHERE, not taken      | enrolment.withdrawn         | enrolment.endedByNetwork
network  | participant    | pending          | nothing      | SIGNATURE_MISSING      | =                                                   | =                                                   | -                           | -
network  | participant    | active           | the same key | done                   | disabled, valid, DISABLED, not taken                | disabled, valid, DISABLED, not taken                | certificate.disabled        | certificate.disabled
network  | participant    | active           | another      | done                   | disabled, valid, DISABLED, not taken                | disabled, valid, DISABLED, not taken                | certificate.disabled        | certificate.disabled
network  | participant    | active           | nothing      | done                   | disabled, valid, DISABLED, not taken                | disabled, valid, DISABLED, not taken                | certificate.disabled        | certificate.disabled
network  | participant    | already disabled | the same key | CERTIFICATE_NOT_ACTIVE | =                                                   | =                                                   | -                           | -
network  | participant    | already disabled | another      | done ALREADY_DISABLED  | =                                                   | =                                                   | certificate.disableRepeated | -
network  | participant    | already disabled | nothing      | done ALREADY_DISABLED  | =                                                   | =                                                   | certificate.disableRepeated | -

network  | officer        | pending          | the same key | done                   | rejected, valid, SUSPENDED, ended, not taken        | rejected, valid, SUSPENDED, ended, not taken        | SUSPENSION                  | SUSPENSION certificate.disableRepeated
network  | officer        | pending          | another      | page 422               | =                                                   | =                                                   | -                           | -
network  | officer        | pending          | nothing      | page 422               | =                                                   | =                                                   | -                           | -
network  | officer        | active           | the same key | done                   | disabled, valid, SUSPENDED, ended, not taken        | disabled, valid, SUSPENDED, ended, not taken        | SUSPENSION                  | SUSPENSION certificate.disableRepeated
network  | officer        | active           | another      | page 422               | =                                                   | =                                                   | -                           | -
network  | officer        | active           | nothing      | page 422               | =                                                   | =                                                   | -                           | -
network  | officer        | already disabled | the same key | done                   | disabled, valid, DISABLED, ended, not taken         | disabled, valid, DISABLED, ended, not taken         | SUSPENSION                  | SUSPENSION certificate.disableRepeated
network  | officer        | already disabled | another      | page 422               | =                                                   | =                                                   | -                           | -
network  | officer        | already disabled | nothing      | page 422               | =                                                   | =                                                   | -                           | -

network  | apoderado      | pending          | the same key | done                   | rejected, valid, SUSPENDED, ended, not taken        | rejected, valid, SUSPENDED, ended, not taken        | SUSPENSION                  | SUSPENSION certificate.disableRepeated
network  | apoderado      | pending          | another      | page 422               | =                                                   | =                                                   | -                           | -
network  | apoderado      | pending          | nothing      | page 422               | =                                                   | =                                                   | -                           | -
network  | apoderado      | active           | the same key | done                   | disabled, valid, SUSPENDED, ended, not taken        | disabled, valid, SUSPENDED, ended, not taken        | SUSPENSION                  | SUSPENSION certificate.disableRepeated
network  | apoderado      | active           | another      | page 422               | =                                                   | =                                                   | -                           | -
network  | apoderado      | active           | nothing      | page 422               | =                                                   | =                                                   | -                           | -
network  | apoderado      | already disabled | the same key | done                   | disabled, valid, DISABLED, ended, not taken         | disabled, valid, DISABLED, ended, not taken         | SUSPENSION                  | SUSPENSION certificate.disableRepeated
network  | apoderado      | already disabled | another      | page 422               | =                                                   | =                                                   | -                           | -
network  | apoderado      | already disabled | nothing      | page 422               | =                                                   | =                                                   | -                           | -

network  | node operators | pending          | the same key | done                   | rejected, valid, SUSPENDED, ended, not taken        | rejected, valid, SUSPENDED, ended, not taken        | ACTS                        | SUSPENSION certificate.disableRepeated
network  | node operators | pending          | another      | PROOF_OTHER_PERSON     | =                                                   | =                                                   | -                           | -
network  | node operators | pending          | nothing      | PROOF_SIGNATURE_WRONG  | =                                                   | =                                                   | -                           | -
network  | node operators | active           | the same key | done                   | disabled, valid, SUSPENDED, ended, not taken        | disabled, valid, SUSPENDED, ended, not taken        | ACTS                        | SUSPENSION certificate.disableRepeated
network  | node operators | active           | another      | PROOF_OTHER_PERSON     | =                                                   | =                                                   | -                           | -
network  | node operators | active           | nothing      | PROOF_SIGNATURE_WRONG  | =                                                   | =                                                   | -                           | -
network  | node operators | already disabled | the same key | done                   | disabled, valid, DISABLED, ended, not taken         | disabled, valid, DISABLED, ended, not taken         | ACTS                        | SUSPENSION certificate.disableRepeated
network  | node operators | already disabled | another      | PROOF_OTHER_PERSON     | =                                                   | =                                                   | -                           | -
network  | node operators | already disabled | nothing      | PROOF_SIGNATURE_WRONG  | =                                                   | =                                                   | -                           | -

network  | PSC            | pending          | the same key | PROCESSED              | rejected, revoked, REVOKED_WHILE_PENDING, not taken | rejected, valid, DISABLED_ELSEWHERE, not taken      | certificate.revoked         | enrolment.endedByNetwork
network  | PSC            | pending          | another      | FAILED                 | =                                                   | =                                                   | -                           | -
network  | PSC            | pending          | nothing      | FAILED                 | =                                                   | =                                                   | -                           | -
network  | PSC            | active           | the same key | PROCESSED              | disabled, revoked, CERTIFICATE_REVOKED, not taken   | disabled, valid, DISABLED, not taken                | certificate.revoked         | certificate.disabled
network  | PSC            | active           | another      | FAILED                 | =                                                   | =                                                   | -                           | -
network  | PSC            | active           | nothing      | FAILED                 | =                                                   | =                                                   | -                           | -
network  | PSC            | already disabled | the same key | PROCESSED              | disabled, revoked, CERTIFICATE_REVOKED, not taken   | =                                                   | certificate.revoked         | certificate.disableRepeated
network  | PSC            | already disabled | another      | FAILED                 | =                                                   | =                                                   | -                           | -
network  | PSC            | already disabled | nothing      | FAILED                 | =                                                   | =                                                   | -                           | -

operator | participant    | pending          | the same key | CERTIFICATE_UNKNOWN    | =                                                   | =                                                   | -                           | -
operator | participant    | pending          | another      | done                   | =                                                   | rejected, valid, WITHDRAWN, not taken               | -                           | enrolment.withdrawn
operator | participant    | pending          | nothing      | SIGNATURE_MISSING      | =                                                   | =                                                   | -                           | -
operator | participant    | active           | the same key | done                   | =                                                   | disabled, valid, DISABLED, not taken                | -                           | certificate.disabled
operator | participant    | active           | another      | done                   | =                                                   | disabled, valid, DISABLED, not taken                | -                           | certificate.disabled
operator | participant    | active           | nothing      | done                   | =                                                   | disabled, valid, DISABLED, not taken                | -                           | certificate.disabled
operator | participant    | already disabled | the same key | CERTIFICATE_NOT_ACTIVE | =                                                   | =                                                   | -                           | -
operator | participant    | already disabled | another      | done ALREADY_DISABLED  | =                                                   | =                                                   | -                           | certificate.disableRepeated
operator | participant    | already disabled | nothing      | done ALREADY_DISABLED  | =                                                   | =                                                   | -                           | certificate.disableRepeated

operator | officer        | pending          | the same key | done                   | pending, valid, frozen, not taken                   | rejected, valid, SUSPENDED, ended, not taken        | participant.suspended       | SUSPENSION
operator | officer        | pending          | another      | page 422               | =                                                   | =                                                   | -                           | -
operator | officer        | pending          | nothing      | page 422               | =                                                   | =                                                   | -                           | -
operator | officer        | active           | the same key | done                   | active, valid, frozen, not taken                    | disabled, valid, SUSPENDED, ended, not taken        | participant.suspended       | SUSPENSION
operator | officer        | active           | another      | page 422               | =                                                   | =                                                   | -                           | -
operator | officer        | active           | nothing      | page 422               | =                                                   | =                                                   | -                           | -
operator | officer        | already disabled | the same key | done                   | disabled, valid, DISABLED, frozen, not taken        | disabled, valid, DISABLED, ended, not taken         | participant.suspended       | SUSPENSION
operator | officer        | already disabled | another      | page 422               | =                                                   | =                                                   | -                           | -
operator | officer        | already disabled | nothing      | page 422               | =                                                   | =                                                   | -                           | -

operator | apoderado      | pending          | the same key | done                   | pending, valid, frozen, not taken                   | rejected, valid, SUSPENDED, ended, not taken        | participant.suspended       | SUSPENSION
operator | apoderado      | pending          | another      | page 422               | =                                                   | =                                                   | -                           | -
operator | apoderado      | pending          | nothing      | page 422               | =                                                   | =                                                   | -                           | -
operator | apoderado      | active           | the same key | done                   | active, valid, frozen, not taken                    | disabled, valid, SUSPENDED, ended, not taken        | participant.suspended       | SUSPENSION
operator | apoderado      | active           | another      | page 422               | =                                                   | =                                                   | -                           | -
operator | apoderado      | active           | nothing      | page 422               | =                                                   | =                                                   | -                           | -
operator | apoderado      | already disabled | the same key | done                   | disabled, valid, DISABLED, frozen, not taken        | disabled, valid, DISABLED, ended, not taken         | participant.suspended       | SUSPENSION
operator | apoderado      | already disabled | another      | page 422               | =                                                   | =                                                   | -                           | -
operator | apoderado      | already disabled | nothing      | page 422               | =                                                   | =                                                   | -                           | -

operator | node operators | pending          | the same key | done                   | pending, valid, frozen, not taken                   | rejected, valid, SUSPENDED, ended, not taken        | participant.suspended       | ACTS
operator | node operators | pending          | another      | PROOF_OTHER_PERSON     | =                                                   | =                                                   | -                           | -
operator | node operators | pending          | nothing      | PROOF_SIGNATURE_WRONG  | =                                                   | =                                                   | -                           | -
operator | node operators | active           | the same key | done                   | active, valid, frozen, not taken                    | disabled, valid, SUSPENDED, ended, not taken        | participant.suspended       | ACTS
operator | node operators | active           | another      | PROOF_OTHER_PERSON     | =                                                   | =                                                   | -                           | -
operator | node operators | active           | nothing      | PROOF_SIGNATURE_WRONG  | =                                                   | =                                                   | -                           | -
operator | node operators | already disabled | the same key | done                   | disabled, valid, DISABLED, frozen, not taken        | disabled, valid, DISABLED, ended, not taken         | participant.suspended       | ACTS
operator | node operators | already disabled | another      | PROOF_OTHER_PERSON     | =                                                   | =                                                   | -                           | -
operator | node operators | already disabled | nothing      | PROOF_SIGNATURE_WRONG  | =                                                   | =                                                   | -                           | -

operator | PSC            | pending          | the same key | PROCESSED              | =                                                   | rejected, revoked, REVOKED_WHILE_PENDING, not taken | -                           | certificate.revoked
operator | PSC            | pending          | another      | FAILED                 | =                                                   | =                                                   | -                           | -
operator | PSC            | pending          | nothing      | FAILED                 | =                                                   | =                                                   | -                           | -
operator | PSC            | active           | the same key | PROCESSED              | =                                                   | disabled, revoked, CERTIFICATE_REVOKED, not taken   | -                           | certificate.revoked
operator | PSC            | active           | another      | FAILED                 | =                                                   | =                                                   | -                           | -
operator | PSC            | active           | nothing      | FAILED                 | =                                                   | =                                                   | -                           | -
operator | PSC            | already disabled | the same key | PROCESSED              | =                                                   | disabled, revoked, CERTIFICATE_REVOKED, not taken   | -                           | certificate.revoked
operator | PSC            | already disabled | another      | FAILED                 | =                                                   | =                                                   | -                           | -
operator | PSC            | already disabled | nothing      | FAILED                 | =                                                   | =                                                   | -                           | -
`;

const asItStood: Readonly<Record<State, string>> = {
  pending: 'pending, valid, not taken',
  active: 'active, valid, TAKEN',
  'already disabled': 'disabled, valid, DISABLED, not taken',
};
const SUSPENSION = 'participant.suspended suspension.confirmed certificate.disabled suspension.carriedOut';
const ACTS = SUSPENSION.replace('suspended ', 'suspended act.applied act.signed ');

interface Row {
  readonly door: 'network' | 'operator';
  readonly who: (typeof parties)[number];
  readonly state: State;
  readonly proof: (typeof proofs)[number];
  readonly answer: string;
  readonly states: readonly string[];
  readonly records: readonly string[];
}

function rowOf(line: string): Row {
  const cells = line.split('|').map((cell) => cell.trim());
  const [door, who, state, proof, answer, network, operator, ...records] = cells as [
    Row['door'],
    Row['who'],
    State,
    Row['proof'],
    ...string[],
  ] &
    string[];
  return {
    ...{ door, who, state, proof, answer: answer! },
    states: [network!, operator!].map((cell) => (cell === '=' ? asItStood[state] : cell)),
    records: records.map((cell) => cell.replace('SUSPENSION', SUSPENSION).replace('ACTS', ACTS)),
  };
}

const rows = table
  .split('\n')
  .filter((line) => line.includes('|'))
  .map(rowOf);

test('M4 M8 the table has every crossing once, at both doors', () => {
  const all = ['network', 'operator'].flatMap((door) =>
    parties.flatMap((who) =>
      states.flatMap((state) => proofs.map((proof) => [door, who, state, proof].join())),
    ),
  );
  expect(rows.map(({ door, who, state, proof }) => [door, who, state, proof].join())).toEqual(all);
});

test('M4 M8 no refused proof changes or records anything, and no accepted one leaves a word that is taken there', () => {
  for (const { door, answer, states: after, records, state } of rows) {
    const refused = !/^(done|PROCESSED)/.test(answer);
    if (refused)
      expect([after, records]).toEqual([
        [asItStood[state], asItStood[state]],
        ['-', '-'],
      ]);
    else expect(after[door === 'network' ? 0 : 1]).toContain('not taken');
  }
});

describe.each(['network', 'operator'] as const)('M4 M8 at the door of the %s', (door) => {
  test.each(rows.filter((row) => row.door === door))(
    'M4 M8 $who, $state, proved by $proof: $answer',
    async (row) => {
      const both: Crossing = await crossing(row.state);
      const [at, { here, there }] = [door === 'network' ? both.here : both.there, both];
      expect(await endedBy(at, row.who, row.proof)).toBe(row.answer);
      await settle(both);
      expect([await seen(here), await seen(there)]).toEqual(row.states);
      expect([recorded(here), recorded(there)]).toEqual(row.records);
    },
  );
});
