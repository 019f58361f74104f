// May this text stand on a page as somebody's own words or name? Not what makes text lie: control and format characters
// (bidirectional overrides among them), invisible and private ones, marks piled up until they cover the lines above.

const lying = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFFD]|\p{M}{4}/u;

export const isPlainText = (text: string) => !lying.test(text);

/** Blanks of Hangul and braille, dots alone: nothing that a person could read. */
export const saysSomething = (text: string) => /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}]/u.test(text);

/** Another party's words as a page quotes them, whatever stands in them: nothing that lies, at most 200 characters. */
export function quotable(text: string): string {
  const shown = [...text.replace(new RegExp(lying, 'gu'), '\uFFFD')];
  return shown.length > 200 ? `${shown.slice(0, 199).join('')}…` : shown.join('');
}
