// The node operators' part of the pages door: /acts as pages, /admin/api as JSON, both for whoever is signed in.

import type { PageAnswer, PageRequest } from '../../adapters/http/page-request.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import type { Frame } from '../../pages/page.tsx';
import { localeFor } from '../../pages/texts/texts.ts';
import { actPages, deadEnd } from './act-pages.tsx';
import { type AdminApiPorts, adminApi, json, problem } from './api.ts';
import { sessionOf } from './session.ts';

export interface ServeAdminPorts extends AdminApiPorts {
  readonly nodeName: string;
  readonly timeZone: string;
}

export async function serveAdmin(ports: ServeAdminPorts, request: PageRequest): Promise<PageAnswer> {
  if (!['GET', 'HEAD', 'POST'].includes(request.method))
    return { status: request.method === 'OPTIONS' ? 204 : 405 };
  const isApi = request.path.startsWith('/admin/api/');
  const { nodeName, timeZone } = ports;
  const frame: Frame = {
    locale: localeFor(request),
    timeZone,
    nodeName,
    reference: request.interactionId,
  };
  try {
    const session = await sessionOf(ports, request);
    if (isApi) return await adminApi(ports, request, session);
    return await actPages({
      ports,
      request,
      session,
      frame: { ...frame, locale: localeFor(request, session.person) },
    });
  } catch (error) {
    if (error instanceof Refusal && isApi) return problem(error, request.interactionId);
    if (error instanceof Refusal) return withoutSession(error, request, frame);
    if (error instanceof Transient)
      return isApi ? json(503, { code: error.name }) : deadEnd(frame, 'busy', 503);
    throw error;
  }
}

function withoutSession(error: Refusal, request: PageRequest, frame: Frame): PageAnswer {
  if (error.code === 'SESSION_MISSING')
    return { status: 303, location: `/sign-in?next=${encodeURIComponent(request.path)}` };
  return deadEnd(frame, 'notYours', 403, error.code);
}
