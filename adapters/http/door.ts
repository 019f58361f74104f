// What happens around every function of the api door? The event becomes a request, the outcome an answer; a
// Refusal becomes its problem, a busy world 503, and anything else a reference and an alarm.

import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { Refusal, Transient } from '../../core/errors.ts';
import type { Log } from '../logger.ts';
import { busy, fault, type ProblemOptions, problemOf } from './problem.ts';
import { type ApiRequest, readRequest } from './request.ts';
import { type Answer, respond } from './response.ts';

export type ApiHandler = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

export interface DoorOptions {
  readonly log: Log;
  /** Reads the virtual clock in the local run (adapters/clock.ts); does nothing elsewhere. */
  readonly clock: { tune(): Promise<void> };
  /** Where the route or the published wire asks for another status than the code's own. */
  readonly problem?: (refusal: Refusal, request: ApiRequest) => ProblemOptions;
}

export function apiDoor(
  { log, clock, problem }: DoorOptions,
  answer: (request: ApiRequest) => Promise<Answer>,
): ApiHandler {
  return async (event) => {
    let request: ApiRequest | undefined;
    try {
      request = readRequest(event);
      await clock.tune();
      return respond(await answer(request), request.interactionId);
    } catch (error) {
      const interactionId = request?.interactionId ?? event.requestContext.requestId;
      if (error instanceof Refusal) {
        const options = request && problem?.(error, request);
        return respond(problemOf(error, interactionId, options), interactionId);
      }
      if (error instanceof Transient) return respond(busy(error, interactionId), interactionId);
      log.say('FAULT', { interactionId, error: (error as Error).name });
      return respond(fault(interactionId), interactionId);
    }
  };
}
