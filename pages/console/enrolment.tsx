// What happened to one certificate, and whom does it wait for? Facts, the sixteen steps, the payout operators' words.

import type { FC } from 'hono/jsx';
import type { Enrolment, OperatorStatus } from '../../core/enrolment/enrolment.ts';
import type { TimelineState, TimelineStep } from '../../core/enrolment/timeline.ts';
import { quotable } from '../../core/plain-text.ts';
import { Fact } from '../parts.tsx';
import { consoleTextsIn } from '../texts/console.ts';
import { fill } from '../texts/shared.ts';
import {
  dateText,
  endingText,
  momentText,
  rotationCommand,
  serialText,
  thumbprintGroups,
  thumbprintShort,
} from '../when.ts';
import { type ConsoleFrame, ConsolePage, List, NetworkState, State, ValidityState, When } from './frame.tsx';

export interface EnrolmentProps {
  readonly frame: ConsoleFrame;
  readonly enrolment: Enrolment;
  readonly participantName: string;
  readonly holder: string;
  readonly daysLeft: number;
  readonly steps: readonly TimelineStep[];
  readonly later: readonly { readonly outcome: string; readonly at: Date; readonly by?: string }[];
  readonly operators: readonly {
    readonly name: string;
    readonly status: OperatorStatus;
    readonly code?: string;
    readonly at: Date;
  }[];
  /** The name of a person, a node or a function, for the ids in the steps. */
  readonly nameOf: (id: string) => string;
}

export const EnrolmentPage: FC<EnrolmentProps> = (props) => {
  const { frame, enrolment, participantName, holder } = props;
  const texts = consoleTextsIn(frame.locale);
  return (
    <ConsolePage
      frame={frame}
      section="certificates"
      title={fill(texts.enrolment.title, { holder })}
      lead={`${participantName} · ${texts.uses[enrolment.use]}`}
    >
      <p>
        <ValidityState frame={frame} validity={enrolment.validity} />{' '}
        <NetworkState frame={frame} status={enrolment.networkStatus} since={enrolment.createdAt} />{' '}
        {enrolment.code && (
          <State tone="danger">
            {fill(texts.enrolment.ended, { why: endingText(frame, enrolment.code) })}
          </State>
        )}
      </p>
      <h2>{texts.enrolment.timeline}</h2>
      <Timeline {...props} />
      <Operators {...props} />
      <h2>{texts.enrolment.facts}</h2>
      <Facts {...props} />
      {enrolment.networkStatus === 'active' && <Replacing {...props} />}
    </ConsolePage>
  );
};

const Replacing: FC<EnrolmentProps> = ({ frame, enrolment, participantName }) => {
  const { enrolment: texts } = consoleTextsIn(frame.locale);
  return (
    <>
      <h2>{texts.replace}</h2>
      <p>{fill(texts.replaceHow, { participant: participantName })}</p>
      <p>
        <code class="mono">{rotationCommand(enrolment.thumbprint)}</code>
      </p>
    </>
  );
};

const tones: Record<TimelineState, 'ok' | 'danger' | 'warn' | 'plain'> = {
  done: 'ok',
  failed: 'danger',
  waiting: 'warn',
  ahead: 'plain',
  skipped: 'plain',
  elsewhere: 'plain',
};

const Timeline: FC<EnrolmentProps> = ({ frame, steps, later, nameOf }) => {
  const texts = consoleTextsIn(frame.locale);
  return (
    <ol class="timeline">
      {steps.map((step) => (
        <li class={step.state} id={`step-${step.number}`}>
          <span class="n">{step.number}</span>
          <div>
            <p>{texts.steps[step.number]}</p>
            <Detail frame={frame} step={step} nameOf={nameOf} />
          </div>
          <State tone={tones[step.state]}>{texts.stepStates[step.state]}</State>
        </li>
      ))}
      {later.map(({ outcome, at, by }) => (
        <li class="failed">
          <span class="n" aria-hidden="true">
            ·
          </span>
          <div>
            <p>
              {texts.enrolment.later}: {endingText(frame, outcome)}
            </p>
            <small>
              {momentText(at, frame)}
              {by && `, ${fill(texts.enrolment.by, { names: nameOf(by) })}`}
            </small>
          </div>
        </li>
      ))}
    </ol>
  );
};

/** Codes that say no more than the state does. */
const plainOutcomes = new Set([
  'DONE',
  'TOLD',
  'ADMITTED',
  'GOOD',
  'ACTIVE',
  'CONFIRMED',
  'ACCEPTED',
  'PENDING',
]);

const Detail: FC<{ frame: ConsoleFrame; step: TimelineStep; nameOf: (id: string) => string }> = (props) => {
  const { frame, step, nameOf } = props;
  const texts = consoleTextsIn(frame.locale);
  const names = step.by?.map(nameOf).join(', ');
  if (step.state === 'waiting')
    return (
      <small>
        {fill(texts.enrolment.waitingSince, {
          who: names ? `${texts.awaited[step.waitsFor!]} (${names})` : texts.awaited[step.waitsFor!],
          since: momentText(step.since!, frame),
        })}
        {step.until && ` ${fill(texts.enrolment.waitingUntil, { until: momentText(step.until, frame) })}`}
      </small>
    );
  const moment = step.at && momentText(step.at, frame);
  const { by, to, told: according, latest } = texts.enrolment;
  const how = step.role === 'told' ? to : step.role === 'says' ? according : by;
  const parts = [
    moment && (step.atLatest ? fill(latest, { moment }) : moment),
    names && fill(how, { names }),
  ].filter(Boolean);
  const told = step.outcome && !plainOutcomes.has(step.outcome);
  if (parts.length === 0 && !told) return null;
  return (
    <small>
      {parts.join(', ')}
      {told && `${parts.length > 0 ? ': ' : ''}${endingText(frame, step.outcome!)}`}
    </small>
  );
};

const Operators: FC<EnrolmentProps> = ({ frame, operators }) => {
  const texts = consoleTextsIn(frame.locale);
  if (operators.length === 0) return null;
  const columns = [{ name: texts.name }, { name: texts.enrolment.answer }, { name: texts.since }];
  const tone = {
    waiting: 'warn',
    pending: 'warn',
    accepted: 'ok',
    rejected: 'danger',
    silent: 'danger',
  } as const;
  const rows = operators.map(({ name, status, code, at }) => [
    name,
    <>
      <State tone={tone[status]}>{texts.enrolment.operatorAnswers[status]}</State>
      {code && <small>{endingText(frame, code)}</small>}
    </>,
    <When frame={frame} date={at} />,
  ]);
  return (
    <>
      <h2>{texts.enrolment.operators}</h2>
      <List caption={texts.enrolment.operators} columns={columns} rows={rows} />
    </>
  );
};

const Facts: FC<EnrolmentProps> = ({ frame, enrolment, participantName, holder, daysLeft }) => {
  const texts = consoleTextsIn(frame.locale);
  const { issuer, issued, serial, reason, replaces, id, message } = texts.enrolment;
  const dates = { from: dateText(enrolment.notBefore, frame), until: dateText(enrolment.notAfter, frame) };
  return (
    <dl class="facts">
      <Fact name={texts.participant}>{participantName}</Fact>
      <Fact name={texts.holder}>{holder}</Fact>
      <Fact name={issuer}>
        <q class="quote">{enrolment.pscName}</q>
        <small>{fill(issued, dates)}</small>
      </Fact>
      <Fact name={texts.daysLeft}>{daysLeft < 0 ? texts.expired : daysLeft}</Fact>
      <Fact name={reason}>
        <q class="quote">{quotable(enrolment.reason)}</q>
      </Fact>
      {enrolment.replaces && (
        <Fact name={replaces}>
          <span class="mono">{thumbprintShort(enrolment.replaces)}</span>
        </Fact>
      )}
      <Fact name={texts.thumbprint}>
        <span class="mono groups">
          {thumbprintGroups(enrolment.thumbprint).map((group) => (
            <span>{group}</span>
          ))}
        </span>
        <small class="mono">SHA-256</small>
      </Fact>
      <Fact name={serial}>
        <span class="mono quote">{serialText(enrolment.serialNumber)}</span>
      </Fact>
      <Fact name={id}>
        <span class="mono quote">{enrolment.id}</span>
        <small class="mono quote">
          {message} {enrolment.messageId}
        </small>
      </Fact>
    </dl>
  );
};
