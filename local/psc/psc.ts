// A PSC for laptops and tests: issues leafs with each country's holder layout, serves CRLs and OCSP over http, and
// misbehaves on request. It trusts whoever can reach it and binds to 127.0.0.1: never a real PSC.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import { closeServer, listen } from '../loopback.ts';
import { type CountryAuthority, openAuthority, ownSerial } from './authorities.ts';
import { crlPublisher } from './crl.ts';
import { openFaults } from './faults.ts';
import { issue, pemOf } from './issue.ts';
import type { Country } from './layouts.ts';
import { testAnchor, testProfile } from './profiles.ts';
import { openRegister, type Register, type RegisterEntry } from './register.ts';
import { requestListener } from './routes.ts';
import type { TestPsc } from './test-psc.ts';

export interface PscOptions {
  /** Keys and register lie here; made when missing. */
  readonly dataFolder: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Dates of lists, answers and certificates; the machine's own by default. */
  readonly clock?: () => Date;
  readonly countries?: readonly Country[];
  /** How long a list or an answer is valid; 6 h by default. */
  readonly crlLifetimeMs?: number;
  readonly ocspLifetimeMs?: number;
  /** RSA modulus of the PSC's own keys; 2048 by default. */
  readonly keyBits?: number;
}

const allCountries: readonly Country[] = ['BR', 'CL', 'CO', 'MX', 'PE'];
const hour = 3_600_000;

/** Rejects when the port is taken. */
export async function startPsc(options: PscOptions): Promise<TestPsc> {
  const clock = options.clock ?? (() => new Date());
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 });
  const server = createServer();
  const url = await listen(server, options.port);
  const countries = options.countries ?? allCountries;
  const authorities = await Promise.all(
    countries.map((country) => openAuthority(country, options.dataFolder, url, options.keyBits ?? 2048)),
  );
  const profiles = authorities.map(testProfile);
  writeTrust(options.dataFolder, authorities, profiles);
  const register = openRegister(join(options.dataFolder, 'register.json'));
  for (const authority of authorities) registerOwn(authority, register);

  const authority = (country: Country) => {
    const found = authorities.find((candidate) => candidate.country === country);
    if (!found) throw new Error(`the test PSC has no authority for "${country}"`);
    return found;
  };
  const publishers = new Map(
    authorities.flatMap((each) => publishersOf(each, register, options.crlLifetimeMs ?? 6 * hour)),
  );
  const requests = new Map<string, number>();
  const psc: TestPsc = {
    url,
    authorities,
    faults: openFaults(),
    register,
    requests,
    profiles,
    anchors: authorities.map(testAnchor),
    issue: async (request) =>
      issue(request, { authority: authority(request.holder.country), url, now: clock(), register }),
    revoke: (serialNumber, reason = 'unspecified') =>
      register.revoke(serialNumber, reason, wholeSecond(clock())),
    release: (serialNumber) => register.release(serialNumber),
    crl: (country, issuer, faults) =>
      publishers.get(`${authority(country).country}/${issuer}`)!(clock(), register.changes, faults),
    authority,
    stop: () => closeServer(server),
  };
  server.on(
    'request',
    requestListener(psc, { clock, requests, ocspLifetimeMs: options.ocspLifetimeMs ?? 6 * hour }),
  );
  return psc;
}

/** What `apodera certificate explain` trusts in this folder, and what `anchors write` takes beside another PSC's. */
function writeTrust(
  folder: string,
  authorities: readonly CountryAuthority[],
  profiles: readonly PscProfile[],
): void {
  writeFileSync(join(folder, 'roots.pem'), authorities.map(({ root }) => pemOf(root.der)).join(''));
  const place = join(folder, 'profiles');
  mkdirSync(place, { recursive: true });
  for (const profile of profiles)
    writeFileSync(join(place, `${profile.id}.json`), JSON.stringify(profile, undefined, 2));
}

/** The PSC's own certificates are in its register, so that they can be revoked like any other. */
function registerOwn(
  { country, intermediate, checkedResponder }: CountryAuthority,
  register: Register,
): void {
  const add = (
    serialNumber: string,
    issuer: RegisterEntry['issuer'],
    thumbprint: string,
    revokedAt?: string,
  ) => {
    if (register.find(serialNumber)) return;
    const subject = `PSC de prueba ${country}`;
    const notAfter = '2044-01-01T00:00:00.000Z';
    const revoked = revokedAt ? { revokedAt, revocationReason: 'keyCompromise' as const } : {};
    register.add({ serialNumber, country, issuer, subject, thumbprint, notAfter, ...revoked });
  };
  add(hex(ownSerial(country, 'intermediate')), 'root', intermediate.thumbprint);
  const responder = hex(ownSerial(country, 'checkedResponder'));
  add(responder, 'intermediate', checkedResponder.thumbprint, '2020-02-01T00:00:00.000Z');
}

function publishersOf(authority: CountryAuthority, register: Register, lifetimeMs: number) {
  return (['root', 'intermediate'] as const).map((name) => {
    const revoked = () =>
      register
        .entries()
        .filter(
          ({ country, issuer, revokedAt }) => country === authority.country && issuer === name && revokedAt,
        );
    return [`${authority.country}/${name}`, crlPublisher(authority, name, revoked, lifetimeMs)] as const;
  });
}

const hex = (serial: number) => serial.toString(16).toUpperCase();
const wholeSecond = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000);
