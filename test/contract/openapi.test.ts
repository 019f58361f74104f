import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { lastPart, type Operation, readContract, routesOf } from '../../openapi/contract.ts';
import { validated, validatorFiles } from '../../openapi/validators.ts';

const contract = readContract();
const routes = routesOf(contract);
const webhooks = Object.values(contract.webhooks).flatMap((item) => Object.values(item));

const ajv = new Ajv2020({ strict: false });
ajv.addSchema({ $id: 'contract', components: contract.components });
const check = (schema: { $ref?: string }, value: unknown) => {
  const validate = ajv.compile({ $ref: `contract${schema.$ref}` });
  validate(value);
  return validate.errors ?? [];
};

const examplesOf = (operation: Operation) => {
  const answers = Object.values(operation.responses).map((answer) =>
    answer.$ref ? contract.components.responses[lastPart(answer.$ref)]! : answer,
  );
  return [operation.requestBody, ...answers].flatMap((part) =>
    Object.values(part?.content ?? {}).flatMap((media) =>
      Object.entries(media.examples ?? {}).map(([name, { value }]) => ({
        name,
        value,
        schema: media.schema,
      })),
    ),
  );
};

describe('openapi.yaml', () => {
  for (const operation of [...routes, ...webhooks]) {
    for (const { name, value, schema } of examplesOf(operation)) {
      test(`${operation.operationId}: the example "${name}" is what its schema says`, () => {
        expect(check(schema, value)).toEqual([]);
      });
    }
  }

  test('every request has an example, and so has every success of its own', () => {
    for (const route of routes) {
      const names = examplesOf(route).length;
      const wanted = route.requestBody ? 1 : 0;
      expect(names, route.operationId).toBeGreaterThanOrEqual(wanted);
    }
  });

  test('every path parameter is declared, and every changing act but the published ones takes an Idempotency-Key', () => {
    for (const route of routes) {
      const declared = route
        .parameters!.filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name);
      const written = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(declared).toEqual(written);
      const idempotent = route.parameters!.some(({ name }) => name === 'Idempotency-Key');
      // Messages between nodes and payouts are once by (sender, message_id), 409 repeats the answer.
      const byMessage = ['/v1/messages/payouts', '/v1/node/messages'].includes(route.path);
      expect(idempotent, route.operationId).toBe(route.method === 'POST' && !byMessage);
    }
  });

  test('a signature is declared wherever the proof asks for one, and never asked of a reader', () => {
    for (const route of routes) {
      const { least, when } = route['x-apodera-proof'];
      const declared = route.parameters!.some(({ name }) => name === 'Shinkansen-JWS-Signature');
      const asked =
        ['signature', 'nodeSignature'].includes(least) || when?.some((more) => more.least === 'signature');
      if (asked) expect(declared, route.operationId).toBe(true);
      if (route.method === 'GET')
        expect([least, declared]).toEqual([least === 'none' ? 'none' : 'apiKey', false]);
    }
  });

  test('disabling, withdrawing and enrolling never ask for a client certificate', () => {
    const exempt = routes.filter((route) => route['x-apodera-edge-certificate'] === 'never');
    expect(exempt.map(({ operationId }) => operationId).sort()).toEqual([
      'disableCertificate',
      'disableCertificates',
      'enrolCertificate',
      'showStatus',
      'withdrawEnrolment',
    ]);
  });

  test('every refusal is a problem, and errors[] comes with each', () => {
    for (const [name, answer] of Object.entries(contract.components.responses)) {
      const schema = answer.content?.['application/problem+json']?.schema;
      expect(schema?.$ref, name).toBe('#/components/schemas/Problem');
    }
    expect(contract.components.schemas.Problem!.required).toContain('errors');
  });
});

describe('the compiled validators', () => {
  const loaded = new Map<string, (value: unknown) => boolean>();
  const load = async (name: (typeof validated)[number]) => {
    const stem = name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
    const module = await import(`../../adapters/http/generated/${stem}.js`);
    loaded.set(name, module.validate);
    return module.validate as (value: unknown) => boolean;
  };

  test('there is one for every request body', () => {
    const bodies = routes.flatMap((route) =>
      Object.values(route.requestBody?.content ?? {}).map(({ schema }) => schema),
    );
    for (const schema of bodies) expect(validated).toContain(lastPart(schema.$ref!));
    expect(validatorFiles(contract).size).toBe(validated.length * 2);
  });

  test('they accept every example and refuse it without any one required member', async () => {
    for (const route of routes) {
      for (const [, media] of Object.entries(route.requestBody?.content ?? {})) {
        const validate = await load(lastPart(media.schema.$ref!) as (typeof validated)[number]);
        for (const { value } of Object.values(media.examples ?? {})) {
          expect(validate(value), route.operationId).toBe(true);
          const { document, ...rest } = structuredClone(value) as { document: Record<string, unknown> };
          expect(validate(rest)).toBe(false);
          for (const name of Object.keys(document)) {
            const { [name]: _, ...without } = document;
            expect(validate({ document: without }), `${route.operationId} ${name}`).toBe(false);
          }
        }
      }
    }
  });

  test('a value that a rule refuses by its own code is left to that rule', async () => {
    const validate = await load('EnrolMessage');
    const route = routes.find(({ operationId }) => operationId === 'enrolCertificate')!;
    const example = route.requestBody!.content['application/json']!.examples!.first!.value;
    const message = structuredClone(example) as { document: { parameters: Record<string, unknown> } };
    delete message.document.parameters.reason;
    delete message.document.parameters.proof_of_possession;
    expect(validate(message)).toBe(true);
    message.document.parameters.replace = 'typo';
    expect(validate(message)).toBe(false);
  });
});
