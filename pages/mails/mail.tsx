// How does a mail look? The question first, three facts, one button, the deadline, what to do if it was not expected.
// HTML that needs no image and no style sheet, and the same in plain text. What a mail says is letters.ts.

import type { FC } from 'hono/jsx';

export interface Letter {
  readonly locale: string;
  readonly nodeName: string;
  readonly subject: string;
  /** The question, or what has happened. */
  readonly first: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly paragraphs: readonly string[];
  /** Further addresses, each on a line of its own. */
  readonly links?: readonly { readonly text: string; readonly href: string }[];
  readonly button?: { readonly text: string; readonly href: string; readonly note: string };
  readonly deadline?: string;
  readonly unexpected?: string;
  readonly help: string;
}

export interface Mail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export function mailOf(letter: Letter): Mail {
  return {
    // A subject is one header line, whatever a name holds.
    subject: subjectOf(letter),
    html: `<!doctype html>${String(<Html letter={letter} />)}`,
    text: plainText(letter),
  };
}

function subjectOf({ subject }: Letter): string {
  const characters = [...subject.replace(/\s+/g, ' ')];
  return characters.length > 150 ? `${characters.slice(0, 149).join('')}…` : characters.join('');
}

function plainText(letter: Letter): string {
  const { button } = letter;
  const blocks = [
    letter.first,
    letter.facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
    ...letter.paragraphs,
    button ? `${button.text}:\n${button.href}\n${button.note}` : '',
    (letter.links ?? []).map(({ text, href }) => `${text}\n${href}`).join('\n\n'),
    letter.deadline ?? '',
    letter.unexpected ?? '',
    `-- \n${letter.nodeName}\n${letter.help}`,
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

// Mail programs know neither classes nor variables for sure: colours stand on each element, dark ones in a media rule
// that those which know it apply.
const font = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif";
const dark =
  '@media (prefers-color-scheme:dark){.p{background:#101216!important}.s{background:#181b21!important;border-color:#343942!important}.i{color:#eceae4!important}.m{color:#a4a9b3!important}.b{background:#5cc9ae!important;color:#06211b!important}.w{background:#33270d!important;color:#f0c36a!important;border-color:#f0c36a!important}}';

const Html: FC<{ letter: Letter }> = ({ letter }) => (
  <html lang={letter.locale}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{letter.subject}</title>
      <style>{dark}</style>
    </head>
    <body class="p" style={`margin:0;padding:0;background:#fbfaf7;${font}`}>
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
        <tr>
          <td align="center" style="padding:24px 16px">
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px">
              <tr>
                <td class="m" style="padding:0 0 16px;color:#565c66;font-size:15px">
                  {letter.nodeName}
                </td>
              </tr>
              <tr>
                <td>
                  <Body letter={letter} />
                </td>
              </tr>
              <tr>
                <td class="m" style="padding:16px 0 0;color:#565c66;font-size:14px;line-height:1.5">
                  {letter.help}
                </td>
              </tr>
            </table>
          </td>
        </tr>
      </table>
    </body>
  </html>
);

const Body: FC<{ letter: Letter }> = ({ letter }) => (
  <table
    role="presentation"
    width="100%"
    cellpadding="0"
    cellspacing="0"
    class="s"
    style="background:#ffffff;border:1px solid #d9d6cf;border-radius:6px"
  >
    <tr>
      <td class="i" style="padding:24px;color:#16181d;font-size:17px;line-height:1.5">
        <h1 class="i" style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:650;color:#16181d">
          {letter.first}
        </h1>
        <Facts letter={letter} />
        {letter.paragraphs.map((text) => (
          <p style="margin:0 0 16px;word-break:break-word">{text}</p>
        ))}
        <Button letter={letter} />
        {letter.links?.map(({ text, href }) => (
          <p style="margin:0 0 12px">
            <a class="i" href={href} style="color:#0b5d4e">
              {text}
            </a>
          </p>
        ))}
        {letter.deadline && <p style="margin:0 0 16px">{letter.deadline}</p>}
        {letter.unexpected && (
          <p
            class="w"
            style="margin:0;padding:12px 16px;background:#fdf3dc;color:#7a4b00;border-left:4px solid #7a4b00"
          >
            {letter.unexpected}
          </p>
        )}
      </td>
    </tr>
  </table>
);

const Facts: FC<{ letter: Letter }> = ({ letter }) =>
  letter.facts.length === 0 ? null : (
    <table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 16px">
      {letter.facts.map(([name, value]) => (
        <tr>
          <td
            class="m"
            valign="top"
            style="padding:4px 16px 4px 0;color:#565c66;font-size:15px;white-space:nowrap"
          >
            {name}
          </td>
          <td class="i" valign="top" style="padding:4px 0;color:#16181d;font-size:15px;word-break:break-word">
            {value}
          </td>
        </tr>
      ))}
    </table>
  );

const Button: FC<{ letter: Letter }> = ({ letter }) =>
  letter.button ? (
    <>
      <p style="margin:0 0 8px">
        <a
          class="b"
          href={letter.button.href}
          style="display:inline-block;padding:14px 24px;background:#0b5d4e;color:#ffffff;border-radius:6px;font-weight:650;text-align:center;text-decoration:none"
        >
          {letter.button.text}
        </a>
      </p>
      <p class="m" style="margin:0 0 16px;color:#565c66;font-size:15px">
        {letter.button.note}
      </p>
    </>
  ) : null;
