// S20: who confirms another node's next certificate? Two node operators, by an act that is proposed in the name of the
// node that announced it. Signing the act activates (apply-act); what waits here is woken by it, and ends in silence.

import { Refusal } from '../../core/errors.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { proposeAct } from '../../core/people/act.ts';
import { confirmationActId } from '../../core/people/certificate-act.ts';
import type { Acts, Enrolments, People } from '../../core/people/ports.ts';
import { nodeOperatorsToTell, proposalEffects } from '../../core/people/told.ts';
import { wakeEntry } from '../../core/people/wake.ts';
import type { Clock, Ids } from '../../core/ports.ts';

export interface AskByActPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolments: Enrolments;
  readonly people: Pick<People, 'holders'>;
  readonly acts: Pick<Acts, 'act' | 'propose'>;
  /** Queues the wake-up where no other write goes with it. */
  readonly announceWake: (entry: OutboxEntry) => Promise<void>;
}

const words = { applied: 'CONFIRMED', rejected: 'REJECTED' } as const;

/** Asked twice is asked once: the act's id is the enrolment's. */
export async function askByAct(
  ports: AskByActPorts,
  enrolmentId: string,
  decisionId: string,
): Promise<{ readonly decisionId: string; readonly asked: number }> {
  const actId = confirmationActId(enrolmentId);
  const known = await ports.acts.act(actId);
  if (!known) return { decisionId, asked: await propose(ports, enrolmentId, actId) };
  if (known.state !== 'open') {
    const cause = `token.${ports.ids.next()}`;
    await ports.announceWake(wakeEntry(decisionId, words[known.state], cause, ports.clock.now()));
  }
  return { decisionId, asked: 0 };
}

async function propose(ports: AskByActPorts, enrolmentId: string, actId: string): Promise<number> {
  const now = ports.clock.now();
  const enrolment = await ports.enrolments.find(enrolmentId);
  if (!enrolment) throw new Refusal('ENROLMENT_UNKNOWN');
  const { participant: node, thumbprint, reason } = enrolment;
  const act = proposeAct(
    {
      actId,
      kind: 'peer.confirmCertificate',
      parameters: { fin_id: node, enrolment_id: enrolmentId, certificate_thumbprint: thumbprint },
      // Their words, three characters at least: an act has a reason.
      reason: `${node}: ${reason}`.slice(0, 200),
      proposedBy: node,
    },
    now,
  );
  const operators = await nodeOperatorsToTell(ports.people);
  const actor = { kind: 'node' as const, function: 'ask-confirmation' };
  const subjects = { enrolmentId, thumbprint, peer: node };
  await ports.acts.propose(act, proposalEffects(act, ports.ids.next(), { actor, subjects }, operators));
  return operators.length;
}
