// What does somebody read once the network runs? Where everything is, then what to type next, in the order in which it
// works. The variables of a participant lie in files, so that a second terminal needs one line.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningBank } from './bank/serve.ts';
import type { RunningEdge } from './edge/edge.ts';
import type { Laptop } from './laptop.ts';
import type { TestPsc } from './psc/test-psc.ts';
import { nodeIdentities } from './seed/cast.ts';
import type { Seed, SeededParticipant } from './seed/seed.ts';

/** The parts of a running network that have an address. */
export interface Running {
  readonly laptop: Laptop;
  readonly psc: TestPsc;
  /** The payout operator's core. */
  readonly bank: RunningBank;
  readonly seed: Seed;
  /** In front of the network's api door; absent, with the reason, where the machine cannot run it. */
  readonly edge: RunningEdge | { readonly missing: string };
}

const keyPassword = 'ocho palabras para probar';

/** `<fin_id>.env` for the network, `<fin_id>.operator.env` for the payout operator: what `apodera` reads of its environment. */
export function writeParticipantVariables(dataFolder: string, { laptop, seed: known }: Running): void {
  const [network, operator] = laptop.nodes;
  for (const { finId, apiKeys } of known.participants) {
    const common = { APODERA_PARTICIPANT: finId, APODERA_KEY_PASSWORD: keyPassword };
    const files = {
      [`${finId}.env`]: {
        APODERA_API: network!.apiOrigin,
        APODERA_NETWORK: nodeIdentities.network.finId,
        APODERA_API_KEY: apiKeys.network,
        ...common,
      },
      [`${finId}.operator.env`]: {
        APODERA_API: operator!.apiOrigin,
        APODERA_NETWORK: nodeIdentities.operator.finId,
        APODERA_API_KEY: apiKeys.operator,
        ...common,
      },
    };
    for (const [file, variables] of Object.entries(files)) {
      const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
      writeFileSync(join(dataFolder, file), lines.join(''), { mode: 0o600 });
    }
  }
}

export function welcome(whole: Running, transactionId: string, seconds: string): string {
  const aurora = whole.seed.participants[0]!;
  return [
    places(whole, seconds),
    people(whole),
    enrolling(whole, aurora),
    paying(whole, aurora, transactionId),
    afterwards(whole, aurora, transactionId),
  ].join('\n\n');
}

function places({ laptop, psc, bank, edge }: Running, seconds: string): string {
  const [network, operator] = laptop.nodes;
  const door =
    'missing' in edge
      ? `WITHOUT THE EDGE. ${edge.missing} The API above signs in its place.`
      : `${edge.origin}   in front of the network's API; CA ${edge.caFile}, client certificate optional`;
  return `
Apodera runs (${seconds} s). Everything is on this machine; .local/ keeps it, Ctrl-C stops it.

  network          API ${network?.apiOrigin}   pages ${network?.pagesOrigin}/sign-in
  payout operator  API ${operator?.apiOrigin}   pages ${operator?.pagesOrigin}/sign-in
  mailbox          ${laptop.mail.url}
  test PSC         ${psc.url}
  mTLS edge        ${door}
  bank's core      ${bank.url}`;
}

/** Everybody's authenticator secret stands in seed.json, for who wants it in an app. */
function people({ seed: known }: Running): string {
  const emails = (fits: (one: (typeof known.people)[number]) => boolean) =>
    known.people
      .filter(fits)
      .map(({ email }) => email)
      .join(', ');
  const operators = (node: string) => emails((one) => one.node === node && one.participant === null);
  const companies = known.participants.map(
    ({ name, officer, apoderado }) =>
      `  ${name.padEnd(16)} security officer ${officer}, apoderado ${apoderado}, at both nodes`,
  );
  return `People. Everybody's password: ${known.people[0]?.password}
What somebody's authenticator shows now: npm run -s code -- <e-mail> network|operator

  node operators   network: ${operators('network')}
                   payout operator: ${operators('operator')}
${companies.join('\n')}`;
}

const signing = '--key .local/key.pem --password-env APODERA_KEY_PASSWORD';

function enrolling({ laptop, seed: known }: Running, aurora: SeededParticipant): string {
  const [network, operator] = laptop.nodes;
  const nameOf = (email: string) => known.people.find((one) => one.email === email)?.name;
  const again = existsSync('.local/key.pem')
    ? '\n(.local/key.pem is there from before: go on from what it was enrolled for, or npm run reset.)'
    : '';
  return `1. Enrol. In a second terminal, in this folder: a key, a certificate of the test PSC, its enrolment for ${aurora.finId}.${again}

  . .local/${aurora.finId}.env
  npx apodera key create --out .local/key.pem --password-env APODERA_KEY_PASSWORD
  npx apodera key csr ${signing} --subject 'CN=${aurora.name}' --out .local/key.csr
  npm run -s psc -- issue ${aurora.finId} .local/key.csr .local/chain.pem
  npx apodera enrolment submit --chain .local/chain.pem ${signing} --reason 'primer certificado' --watch

2. Confirm. The last one prints a confirmation code and each of the 16 steps, and waits for two people. Open the mailbox
${laptop.mail.url} and follow the link of the mail that asks to confirm, first the security officer's, then the apoderado's. The
page asks for the confirmation code, the password and the authenticator's code, of which each counts once:

  ${nameOf(aurora.officer)}, at the network's page (${network?.pagesOrigin}):
    npm run -s code -- ${aurora.officer} network
  ${nameOf(aurora.apoderado)}, at the payout operator's (${operator?.pagesOrigin}), a moment later:
    npm run -s code -- ${aurora.apoderado} operator`;
}

function paying({ bank }: Running, aurora: SeededParticipant, transactionId: string): string {
  return `3. Pay, once it is active. .local/payout.json is made anew at each start and counts once: another payout needs another
message_id and transaction_id. ${bank.url} is the bank's own page.

  npx apodera payout send .local/payout.json --certificate .local/chain.pem ${signing}
  npx apodera payout show ${transactionId} --answer .local/answer.json
  npx apodera message verify .local/answer.json --signature .local/answer.json.jws

What the payout operator itself knows of ${aurora.name}:

  (. .local/${aurora.finId}.operator.env; npx apodera certificate list)`;
}

function afterwards(
  { laptop, seed: known }: Running,
  aurora: SeededParticipant,
  transactionId: string,
): string {
  const [network, operator] = laptop.nodes;
  const operatorAt = (node: string) => known.people.find((one) => one.node === node)?.email;
  const rotation = `--folder .local/rotation --new-password-env APODERA_KEY_PASSWORD --reason 'rotación anual'`;
  const { finId } = nodeIdentities.network;
  return `4. Then, whatever you like.

  Rotate      npx apodera certificate rotate --certificate .local/chain.pem ${signing} ${rotation} --psc 'npm run -s psc -- issue ${aurora.finId} - -'
  Disable     npx apodera certificate disable THUMBPRINT --cause other --reason 'prueba' --certificate .local/chain.pem ${signing}
  Renew       npx apodera api-key renew --out .local/api-key --certificate .local/chain.pem ${signing}
  Hear        npx apodera webhook certificates --out .local/network.pem; npx apodera webhook register URL --certificate .local/chain.pem ${signing}
  Revoke      npm run -s psc -- revoke SERIAL, which "certificate explain .local/chain.pem" shows; the nodes learn it within the hour
  Wait        npm run -s clock -- 1h, or 31d until a replaced certificate has ended: the network's time moves ahead
  Suspend     ${network?.pagesOrigin}/suspension, as ${aurora.officer} or ${aurora.apoderado}: all of ${aurora.name} stops
  Look on     ${network?.pagesOrigin}/console, as ${operatorAt('network')}; ${operator?.pagesOrigin}/console, as ${operatorAt('operator')}
  Administer  npx apodera admin sign-in --node ${network?.pagesOrigin}; most acts take two signatures, by "admin confirm" or at ${network?.pagesOrigin}/acts
  Lift it     as Administer, at each node: npx apodera admin lift-suspension --participant ${aurora.finId} --reason 'falsa alarma'
  Audit       (. .local/network.env; npx apodera evidence audit)
  Show it     once its evidence is signed, five minutes after the payout:
              (. .local/network.env; npx apodera evidence export ${transactionId} --participant ${aurora.finId} --out .local/dossier.json)
              npx apodera evidence verify .local/dossier.json --anchors .local/psc/roots.pem --evidence-public-key ${finId}=.local/network.evidence.pem
  Sit back    npm run demo tells the whole story without a person
`;
}
