import { describe, expect, it } from 'vitest';
import { createStack } from '../../local/deploy.ts';
import { gatewayResponsesOf, gatewayResponsesOfOpenApi } from '../../local/lambda/gateway-responses.ts';
import { readGatewayDocument, routesOfGatewayDocument, routesOfTemplate } from '../../local/lambda/routes.ts';
import { laptopNodes } from '../../local/nodes.ts';
import { endpointsOn, freshFolder } from './endpoints/support.ts';

const place = (file: string): string => new URL(`../../${file}`, import.meta.url).pathname;
const origins = { api: 'http://localhost:1', pages: 'http://localhost:2' };

describe.each(laptopNodes().map((node) => [node.name, node] as const))(
  'the %s of the laptop',
  (name, node) => {
    async function stackOf() {
      const endpoints = await endpointsOn(freshFolder());
      const parameters = node.parameters(origins);
      return createStack({ templateFile: place('template.yaml'), stackName: name, parameters, endpoints });
    }

    it('resolves what template.yaml says of every function', async () => {
      const stack = await stackOf();
      for (const { logicalId, properties } of stack.functions) {
        const { Policies: _, ...read } = properties;
        expect(() => stack.resolve(read), logicalId).not.toThrow();
      }
    });

    it('finds the function and the authorizer of every route of both doors', async () => {
      const stack = await stackOf();
      const functions = stack.functions.map(({ logicalId }) => logicalId);
      const machines = routesOfGatewayDocument(readGatewayDocument(place('openapi/generated/gateway.json')));
      const people = routesOfTemplate(stack, 'PagesApi');
      expect(people.length).toBeGreaterThan(0);
      for (const { method, resource, function: target, authorizer } of [...machines, ...people]) {
        expect(functions, `${method} ${resource}`).toContain(target);
        if (authorizer) expect(functions).toContain(authorizer);
      }
      expect(new Set(machines.map(({ authorizer }) => authorizer ?? 'none'))).toEqual(
        new Set(['AuthorizeRequestFunction', 'none']),
      );
    });

    it('has its own words for a timeout at both doors', async () => {
      const stack = await stackOf();
      const document = readGatewayDocument(place('openapi/generated/gateway.json'));
      expect(gatewayResponsesOfOpenApi(document).INTEGRATION_TIMEOUT?.headers).toHaveProperty('Retry-After');
      expect(() => gatewayResponsesOf(stack, 'PagesApi')).not.toThrow();
    });
  },
);
