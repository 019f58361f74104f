// Does this host, mailbox, URI or address lie in that subtree (RFC 5280 §4.2.1.10)? A name or a subtree that
// cannot be read for certain is refused, whichever way it would have counted.

import { Refusal } from '../errors.ts';

function unreadable(form: string): Refusal {
  return new Refusal('NAME_CONSTRAINT_UNKNOWN', { parameter: form, clause: 'RFC 5280 §4.2.1.10' });
}

// Letters, digits, hyphen and the underscore that is seen in practice; no trailing dot, no empty label.
const hostPattern = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

function readHost(text: string, form: string): string {
  const host = text.toLowerCase();
  if (host.length > 253 || !hostPattern.test(host)) throw unreadable(form);
  return host;
}

/** `host.example` holds itself and all below; the empty one, everything. A leading dot has no meaning here: refused. */
export function dnsWithin(name: string, base: string, subtree: 'permitted' | 'excluded'): boolean {
  const wildcard = name.startsWith('*.');
  const host = readHost(wildcard ? name.slice(2) : name, 'dNSName');
  if (base === '') return true;
  const domain = readHost(base, 'dNSName');
  if (host === domain || host.endsWith(`.${domain}`)) return true;
  // `*.example` may be used as `a.example`: an exclusion of the latter must catch it.
  return wildcard && subtree === 'excluded' && domain.endsWith(`.${host}`);
}

/** `user@host` is one mailbox; `host` all mailboxes on it; `.host` on all hosts below. Local parts keep their case. */
export function mailboxWithin(name: string, base: string): boolean {
  const mailbox = readMailbox(name);
  if (base.includes('@')) {
    const other = readMailbox(base);
    return mailbox.local === other.local && mailbox.host === other.host;
  }
  if (base === '') return true;
  return hostWithin(mailbox.host, base, 'rfc822Name');
}

/** Constraints of mailboxes and URIs: a host is that host alone, `.host` what lies below. */
function hostWithin(host: string, base: string, form: string): boolean {
  if (base.startsWith('.')) return host.endsWith(`.${readHost(base.slice(1), form)}`);
  return host === readHost(base, form);
}

function readMailbox(text: string): { local: string; host: string } {
  const at = text.indexOf('@');
  const local = text.slice(0, at);
  // Quoted local parts may hide another `@`; nobody needs them where constraints hold.
  if (at < 1 || !/^[\x21\x23-\x3f\x41-\x5b\x5d-\x7e]+$/.test(local)) throw unreadable('rfc822Name');
  return { local, host: readHost(text.slice(at + 1), 'rfc822Name') };
}

/** Only the host counts; a URI without one, or with an address for one, cannot be constrained: refused. */
export function uriWithin(name: string, base: string): boolean {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(name)?.[1];
  if (authority === undefined || /[\\\s]/.test(authority)) throw unreadable('uniformResourceIdentifier');
  const host = readHost(authority.replace(/^[^@]*@/, '').replace(/:\d*$/, ''), 'uniformResourceIdentifier');
  // A last label of digits makes it an IPv4 address to whoever opens it (WHATWG URL §3.5).
  if (/(^|\.)(\d+|0x[0-9a-f]*)$/.test(host)) throw unreadable('uniformResourceIdentifier');
  return base === '' || hostWithin(host, base, 'uniformResourceIdentifier');
}

/** Address and mask, as CIDR (RFC 4632); the other family is not within. */
export function ipWithin(address: Uint8Array, base: Uint8Array): boolean {
  if (base.length !== 8 && base.length !== 32) throw unreadable('iPAddress');
  const half = base.length / 2;
  const mask = base.subarray(half);
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  if (bits.includes('01')) throw unreadable('iPAddress');
  if (address.length !== half) return false;
  return mask.every((octet, index) => (address[index]! & octet) === (base[index]! & octet));
}
