// Who are a node's first operators? Three invitations to three different people, two of whom are needed to begin.
// Run again it is the break-glass: the invitations open after a day, and everybody in office is told at once.

import { Refusal } from '../../core/errors.ts';
import {
  admitPersonParameters,
  type PersonParameters,
  parseActParameters,
} from '../../core/people/act-parameters.ts';
import { admitHolder, type Holder, samePerson } from '../../core/people/offices.ts';
import type { Person } from '../../core/people/person.ts';
import type { Bootstraps, Grant, Ledger, People } from '../../core/people/ports.ts';
import { peoplePolicy } from '../../core/policy.ts';
import type { Clock, Ids } from '../../core/ports.ts';
import { holdersOf, invitePerson, joining, mailTo, type Once, together } from '../apply-act/applying.ts';

export interface BootstrapNodePorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: (bytes: number) => Uint8Array;
  readonly people: People;
  readonly bootstraps: Bootstraps;
  readonly ledger: Ledger;
}

export interface BootstrapNodeInput {
  /** Exactly three node operators; office and participant may be left out. */
  readonly operators: readonly Partial<PersonParameters>[];
}

export interface BootstrappedNode {
  readonly count: number;
  /** When the invitations open. */
  readonly opensAt: string;
  /** The codes, for whoever bootstraps to hand over, each by another way than mail. */
  readonly once: readonly Once[];
}

const invited = 3;

/** @throws Refusal ACT_PARAMETERS_INVALID, OFFICE_* */
export async function bootstrapNode(
  ports: BootstrapNodePorts,
  input: BootstrapNodeInput,
): Promise<BootstrappedNode> {
  const now = ports.clock.now();
  const operators = input.operators.map(operatorOf);
  if (operators.length !== invited)
    throw new Refusal('ACT_PARAMETERS_INVALID', { parameter: 'operators', expected: 'three people' });
  const before = await ports.bootstraps.bootstrap();
  const { people: inOffice, roll } = await ports.people.everybody();
  const holders = await holdersOf(ports, inOffice);
  const again = before !== undefined || holders.some(({ person }) => person.office === 'nodeOperator');
  const replaced = holders.filter(
    (each) =>
      each.person.office === 'nodeOperator' &&
      operators.some((operator) => samePerson(taxed(operator), each)),
  );
  requireDistinct(
    operators,
    holders.filter((each) => !replaced.includes(each)),
  );
  const waitMs = again ? peoplePolicy.breakGlassWaitMs : 0;
  const applied = joining(
    roll,
    together(
      operators.map((parameters) =>
        invitePerson(ports, { parameters, invitedBy: [], bootstrap: true, waitMs }, now),
      ),
    ),
  );
  const count = (before?.count ?? 0) + 1;
  const grants: Grant[] = [
    { noun: 'bootstrap', bootstrap: { count, at: now, version: (before?.version ?? 0) + 1 } },
    // Nobody stands in the list of operators twice, under two records.
    ...replaced.map(({ person }): Grant => ({ noun: 'person', person: ended(person) })),
    ...applied.grants,
  ];
  const notices = again
    ? holders.map(({ person }) => mailTo('mail.break-glass', String(count), person.personId, {}, now))
    : [];
  const evidence = {
    id: ports.ids.next(),
    scope: 'node',
    kind: again ? 'node.break-glass' : 'node.bootstrapped',
    at: now,
    actor: { kind: 'node' as const, function: 'bootstrap-node' },
    subjects: {},
    facts: { count, replaced: replaced.map(({ person }) => person.personId) },
  };
  // A transaction takes 100 writes; whoever does not fit hears it from their own node operators.
  const outbox = [...applied.mails, ...notices].slice(0, 60);
  if ((await ports.ledger.commit(grants, [], { evidence: [evidence], outbox })) === 'MOVED')
    throw new Refusal('ACT_CLOSED', { expected: 'nobody else coming in meanwhile; again, then' });
  return { count, opensAt: new Date(now.getTime() + waitMs).toISOString(), once: applied.once };
}

function operatorOf(given: Partial<PersonParameters>): PersonParameters {
  const fixed = { office: 'nodeOperator', participant: null, power_from: null, power_until: null } as const;
  const parameters = parseActParameters('person.invite', { ...given, ...fixed });
  admitPersonParameters(parameters);
  return parameters;
}

const taxed = (parameters: PersonParameters): Holder => ({ ...parameters, taxId: parameters.tax_id });

function requireDistinct(operators: readonly PersonParameters[], holders: readonly Holder[]): void {
  const others = [...holders];
  for (const operator of operators) {
    admitHolder(taxed(operator), others);
    others.push(taxed(operator));
  }
}

function ended(person: Person): Person {
  return { ...person, state: 'ended', version: person.version + 1 };
}
