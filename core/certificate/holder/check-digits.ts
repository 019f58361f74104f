// Does a tax number carry the check digit that its own country's rule computes? Pure arithmetic over normalised
// text. Whether the number was ever given to anybody is not answered, nor where in a certificate it stands.

/** Sum of value x weight, weights counted from the right-hand end and repeated when they run out. */
function weighted(values: readonly number[], weightsFromRight: readonly number[]): number {
  return values.reduceRight((sum, value, at) => {
    const fromRight = values.length - 1 - at;
    return sum + value * weightsFromRight[fromRight % weightsFromRight.length]!;
  }, 0);
}

const digitsOf = (text: string) => Array.from(text, Number);

/** Chile, RUT: weights 2 to 7; 11 - s mod 11; 11 is `0`, 10 is `K`. `body` is the number without its digit. */
export function rutCheckDigit(body: string): string {
  const digit = 11 - (weighted(digitsOf(body), [2, 3, 4, 5, 6, 7]) % 11);
  return digit === 11 ? '0' : digit === 10 ? 'K' : String(digit);
}

/** Brazil, CPF: the two digits that follow the first nine (Receita Federal, modulo 11). */
export function cpfCheckDigits(body: string): string {
  const digit = (digits: string) =>
    String(((weighted(digitsOf(digits), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) * 10) % 11) % 10);
  const first = digit(body);
  return first + digit(body + first);
}

/** Brazil, CNPJ, alphanumeric too (IN RFB 2.229/2024): a character's value is its ASCII code - 48. */
export function cnpjCheckDigits(body: string): string {
  const digit = (text: string) => {
    const values = Array.from(text, (character) => character.charCodeAt(0) - 48);
    const rest = weighted(values, [2, 3, 4, 5, 6, 7, 8, 9]) % 11;
    return rest < 2 ? '0' : String(11 - rest);
  };
  const first = digit(body);
  return first + digit(body + first);
}

const rfcAlphabet = '0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ';

/** Mexico, RFC: the last of 12 (company, padded with a blank on the left) or 13 characters. */
export function rfcCheckDigit(body: string): string {
  const values = Array.from(body.padStart(12, ' '), (character) => rfcAlphabet.indexOf(character));
  const digit = 11 - (weighted(values, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]) % 11);
  return digit === 11 ? '0' : digit === 10 ? 'A' : String(digit);
}

const curpAlphabet = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ';

/** Mexico, CURP: the 18th character, over the first 17 with weights 18 to 2 (RENAPO). */
export function curpCheckDigit(body: string): string {
  const values = Array.from(body, (character) => curpAlphabet.indexOf(character));
  const weights = Array.from({ length: 17 }, (_, fromRight) => fromRight + 2);
  return String((10 - (weighted(values, weights) % 10)) % 10);
}

const nitWeights = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];

/** Colombia, NIT: prime weights from the right (DIAN, Orden Administrativa 4 de 1989); at most 15 digits. */
export function nitCheckDigit(body: string): string {
  const rest = weighted(digitsOf(body), nitWeights) % 11;
  return String(rest > 1 ? 11 - rest : rest);
}

/** Peru, RUC: the eleventh digit (SUNAT, modulo 11). */
export function rucCheckDigit(body: string): string {
  return String((11 - (weighted(digitsOf(body), [2, 3, 4, 5, 6, 7]) % 11)) % 10);
}
