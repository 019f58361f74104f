// Which page of the people's door was asked for? Invitations, signing in and out, one's own passkeys, the one
// stylesheet and the two scripts of all pages.

import {
  cookieName,
  type PageAnswer,
  type PageRequest,
  switchedTo,
} from '../../adapters/http/page-request.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { locales } from '../../core/people/person.ts';
import { DeadEndPage } from '../../pages/dead-end.tsx';
import { documentOf, type Frame } from '../../pages/page.tsx';
import { passkeyScript, passkeyScriptPath } from '../../pages/passkey-script.ts';
import { refreshScript, refreshScriptPath } from '../../pages/refresh-script.ts';
import { markPath, markSvg, stylesheet, stylesheetPath } from '../../pages/style.ts';
import { localeFor } from '../../pages/texts/texts.ts';
import { type DelegationPorts, serveDelegation } from './delegation.tsx';
import { type InvitationPorts, serveInvitation } from './invitation.tsx';
import { type PasskeysPorts, servePasskeys } from './passkeys.tsx';
import { redeem, type SignInPorts, signIn, signOut } from './sign-in.tsx';

export type ServePeoplePorts = InvitationPorts & SignInPorts & PasskeysPorts & DelegationPorts;

const scripts: Readonly<Record<string, string | undefined>> = {
  [passkeyScriptPath]: passkeyScript,
  [refreshScriptPath]: refreshScript,
};

export async function servePeople(ports: ServePeoplePorts, request: PageRequest): Promise<PageAnswer> {
  const frame: Frame = {
    locale: localeFor(request),
    timeZone: ports.timeZone,
    nodeName: ports.nodeName,
    reference: request.interactionId,
  };
  try {
    return await route(ports, request, frame);
  } catch (error) {
    if (error instanceof Transient) return deadEnd(frame, 'busy', 503);
    if (error instanceof Refusal) return deadEnd(frame, 'notFound', 400, error.code);
    throw error;
  }
}

async function route(ports: ServePeoplePorts, request: PageRequest, frame: Frame): Promise<PageAnswer> {
  const { method, path } = request;
  if (method === 'OPTIONS') return { status: 204 };
  if (!['GET', 'HEAD', 'POST'].includes(method)) return { status: 405 };
  if (path === stylesheetPath)
    return { status: 200, body: stylesheet, contentType: 'text/css; charset=utf-8', immutable: true };
  const script = scripts[path];
  if (script)
    return { status: 200, body: script, contentType: 'text/javascript; charset=utf-8', immutable: true };
  if (path === markPath) return { status: 200, body: markSvg, contentType: 'image/svg+xml', immutable: true };
  if (path.startsWith('/language/')) {
    const wanted = locales.find((each) => `/language/${each}` === path);
    return wanted ? switchedTo(wanted, request, ports.door) : deadEnd(frame, 'notFound', 404);
  }
  if (path.startsWith('/invitations/')) return serveInvitation(ports, request, frame);
  if (path === '/delegation') return serveDelegation(ports, request, frame);
  if (path === '/passkeys') return servePasskeys(ports, request, frame);
  if (path === '/' && method !== 'POST') return { status: 303, location: '/sign-in' };
  if (path === '/sign-in') return signIn(ports, request, frame);
  if (path === '/sign-in/token' && method === 'POST') return redeem(ports, request);
  if (path === '/sign-out') return signOut(ports, request, request.cookie(cookieName(ports.door, 'session')));
  return deadEnd(frame, 'notFound', 404);
}

function deadEnd(frame: Frame, what: 'notFound' | 'busy', status: number, code?: string): PageAnswer {
  return { status, body: documentOf(<DeadEndPage frame={frame} what={what} part="access" code={code} />) };
}
