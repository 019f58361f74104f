// `CN=Camila Soto,serialNumber=12345678-5,C=CL` as a name. A comma inside a value is written `\,` (RFC 4514).

import { attributeTypes, type NameAttribute } from '../../core/certificate/name-writer.ts';
import { UsageError } from '../exit-codes.ts';

export function readSubject(text: string): NameAttribute[] {
  const parts = text.match(/(?:\\.|[^,\\])+/g) ?? [];
  const attributes = parts.map((part) => {
    const at = part.indexOf('=');
    const type = part.slice(0, Math.max(at, 0)).trim();
    const value = part
      .slice(at + 1)
      .trim()
      .replace(/\\(.)/g, '$1');
    if (!value || !(Object.hasOwn(attributeTypes, type) || /^[0-2](\.\d+)+$/.test(type))) {
      const known = Object.keys(attributeTypes).join(', ');
      throw new UsageError(
        `"--subject": expected NAME=value with ${known} or an object identifier, found "${part.trim()}"`,
      );
    }
    return { type, value };
  });
  if (attributes.length === 0) throw new UsageError('"--subject" is empty');
  return attributes;
}
