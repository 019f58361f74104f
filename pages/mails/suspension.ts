// What do the mails about an emergency suspension say? What stands, whose word comes next, one link for who has it.
// Nothing that a submitter wrote, and no name but those of our own records.

import { mailTextsIn } from '../texts/mails.ts';
import { fill } from '../texts/shared.ts';
import { momentText } from '../when.ts';
import { base, type Envelope } from './letters.ts';
import type { Letter } from './mail.tsx';

export type SuspensionStory =
  | { readonly kind: 'keyAlone' | 'elsewhere' | 'nodeOperator' }
  | { readonly kind: 'person'; readonly office: 'securityOfficer' | 'apoderado' };

export interface SuspendedFacts {
  readonly story: SuspensionStory;
  /** Who reads it: the second word is theirs, or they run the node, or they are told. */
  readonly reader: 'asked' | 'nodeOperator' | 'told';
  /** While it waits for the second word. */
  readonly confirmBy?: Date;
  readonly link?: string;
}

export function suspendedLetter(
  envelope: Envelope,
  { story, reader, confirmBy, link }: SuspendedFacts,
): Letter {
  const { mails, said, letter, button } = base(envelope);
  const words = mails.suspension;
  const moment = confirmBy ? momentText(confirmBy, envelope) : '';
  const asks = reader === 'asked' && link !== undefined;
  return letter(said(mails.suspendedSubject), storyText(envelope, story), {
    paragraphs: [
      ...(asks ? [words.ask] : []),
      ...(reader === 'nodeOperator' ? [said(words.operatorsNote)] : []),
      said(mails.suspendedNote),
    ],
    ...(asks && { button: button(words.button, link) }),
    ...(confirmBy && { deadline: said(words.operators, { moment }) }),
    unexpected: said(mails.disabledUnexpected),
  });
}

function storyText(envelope: Envelope, story: SuspensionStory): string {
  const { texts, mails, said } = base(envelope);
  const words = mails.suspension;
  if (story.kind === 'person') return said(words.person, { office: texts.offices[story.office] });
  return said(story.kind === 'nodeOperator' ? words.nodeOperator : mails.suspendedStories[story.kind]);
}

export type LaterWord = 'confirmed' | 'disputed' | 'overdue' | 'lifted';

export function suspensionLetter(envelope: Envelope, word: LaterWord): Letter {
  const words = mailTextsIn(envelope.locale).suspension;
  const { said, letter } = base(envelope);
  const subject = fill(words[`${word}Subject`], {
    participant: envelope.participant ?? '',
    node: envelope.nodeName,
  });
  return letter(subject, said(words[word]));
}
