// How does a mail leave? By SES v2, without open or click tracking (it rewrites links, and scanners follow them). A
// rejected address is no fault of ours: it goes no further by being tried again.

import { MessageRejected, type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';

export interface OutgoingMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface SesOptions {
  readonly client: SESv2Client;
  readonly from: string;
  /** The node's own name, shown beside the address. */
  readonly name: string;
  /** Publishes bounces and complaints; without tracking. */
  readonly configurationSet: string;
}

/** @throws MailRefused where SES will not take it, ever */
export function sesSender({ client, from, name, configurationSet }: SesOptions) {
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  const encoded = encodedWords(name);
  return async (to: string, mail: OutgoingMail): Promise<void> => {
    try {
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: `${encoded} <${from}>`,
          Destination: { ToAddresses: [to] },
          ConfigurationSetName: configurationSet,
          Content: {
            Simple: {
              Subject: utf8(mail.subject),
              Body: { Html: utf8(mail.html), Text: utf8(mail.text) },
            },
          },
        }),
      );
    } catch (error) {
      if (error instanceof MessageRejected) throw new MailRefused(to, error.name);
      throw error;
    }
  };
}

/**
 * RFC 2047: a display name outside ASCII is encoded; quotes and line breaks cannot leave the header. §2: a word has at
 * most 75 characters, so a long name is several, none of which splits a character.
 */
function encodedWords(name: string): string {
  const words = [''];
  for (const character of name) {
    if (Buffer.byteLength(words.at(-1) + character) > 45) words.push('');
    words[words.length - 1] += character;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ');
}

export class MailRefused extends Error {
  readonly to: string;

  constructor(to: string, reason: string) {
    super(`the mail was refused: ${reason}`);
    this.name = 'MailRefused';
    this.to = to;
  }
}
