import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readContract, root, routesOf } from '../../openapi/contract.ts';
import { gatewayDocument } from '../../openapi/gateway.ts';
import { gatewayAnswers } from '../../openapi/gateway-responses.ts';
import { generatedFiles } from '../../openapi/generate.ts';

const contract = readContract();
const files = generatedFiles(contract);

describe('what is generated from openapi.yaml', () => {
  test.each([...files.keys()])('%s is current (npm run generate)', (path) => {
    expect(readFileSync(resolve(root, path), 'utf8')).toBe(files.get(path));
  });

  test('no folder of generated files holds anything else', () => {
    for (const folder of new Set([...files.keys()].map((path) => dirname(path)))) {
      for (const name of readdirSync(resolve(root, folder)))
        expect(files.has(`${folder}/${name}`)).toBe(true);
    }
  });

  test('validators import nothing, so that nothing of ajv runs in the cloud', () => {
    for (const [path, code] of files) {
      if (path.endsWith('.js')) expect(code).not.toMatch(/\brequire\(|\bimport\b|new Function|eval\(/);
    }
  });
});

interface GatewayOperation {
  security: unknown[];
  'x-amazon-apigateway-integration': { uri: { 'Fn::Sub': string }; type: string; httpMethod: string };
}
type Gateway = {
  openapi: string;
  paths: Record<string, Record<string, GatewayOperation>>;
  components: { securitySchemes: Record<string, Record<string, Record<string, unknown>>> };
  'x-amazon-apigateway-gateway-responses': Record<
    string,
    {
      statusCode: number;
      responseParameters: Record<string, string>;
      responseTemplates: Record<string, string>;
    }
  >;
};
const gateway = gatewayDocument(contract) as Gateway;

const routes = routesOf(contract);

describe("the gateway's 3.0 document", () => {
  test('has the same routes as openapi.yaml, each to its function', () => {
    const here = routes.map((route) => `${route.method} ${route.path} ${route['x-apodera-function']}`);
    const there = Object.entries(gateway.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => {
        const { uri, type, httpMethod } = operation['x-amazon-apigateway-integration'];
        expect([type, httpMethod]).toEqual(['aws_proxy', 'POST']);
        return `${method.toUpperCase()} ${path} ${/\$\{(\w+)\.Arn\}/.exec(uri['Fn::Sub'])![1]}`;
      }),
    );
    expect(there).toEqual(here);
  });

  test('puts the authorizer, with its cache off, before every route that asks for a proof', () => {
    for (const route of routes) {
      const { security } = gateway.paths[route.path]![route.method.toLowerCase()]!;
      expect(security).toEqual(route['x-apodera-proof'].least === 'none' ? [] : [{ edge: [] }]);
    }
    const { 'x-amazon-apigateway-authorizer': authorizer } = gateway.components.securitySchemes.edge!;
    expect(authorizer).toMatchObject({ type: 'request', authorizerResultTtlInSeconds: 0 });
  });

  test('names only functions that the template has', () => {
    const template = readFileSync(resolve(root, 'template.yaml'), 'utf8');
    for (const { 'x-apodera-function': name } of routes)
      expect(template.includes(`\n  ${name}:\n`), name).toBe(true);
  });

  test('is 3.0, takes every body as bytes, and holds neither schemas nor request validation', () => {
    expect(gateway.openapi).toBe('3.0.1');
    expect(gateway).toMatchObject({ 'x-amazon-apigateway-binary-media-types': ['*/*'] });
    expect(JSON.stringify(gateway)).not.toMatch(/requestBody|request-validator|#\/components\/schemas/);
  });

  test('answers every failure of its own with errors[], and Retry-After where trying again helps', () => {
    const responses = gateway['x-amazon-apigateway-gateway-responses'];
    expect(Object.keys(responses).sort()).toEqual(Object.keys(gatewayAnswers).sort());
    for (const { statusCode, responseParameters, responseTemplates } of Object.values(responses)) {
      const body = JSON.parse(responseTemplates['application/json']!);
      expect(body.errors).toEqual([{ error_code: body.code, error_message: body.detail }]);
      expect(body.status).toBe(statusCode);
      expect(body.title).toBe('Refused');
      const retryAfter = responseParameters['gatewayresponse.header.Retry-After'];
      if ([429, 503, 504].includes(statusCode)) expect(retryAfter).toMatch(/^'[1-9]\d*'$/);
    }
  });

  test('leaves every other failure of its own the status that API Gateway gives it', () => {
    const { DEFAULT_4XX, DEFAULT_5XX } = gateway['x-amazon-apigateway-gateway-responses'];
    for (const answer of [DEFAULT_4XX!, DEFAULT_5XX!]) {
      expect(answer).not.toHaveProperty('statusCode');
      expect(JSON.parse(answer.responseTemplates['application/json']!)).not.toHaveProperty('status');
    }
  });

  test('names every kind of failure that API Gateway documents, but its unchangeable 413', () => {
    expect(Object.keys(gatewayAnswers)).toContain('DEFAULT_4XX');
    expect(Object.keys(gatewayAnswers)).toContain('DEFAULT_5XX');
    expect(Object.keys(gatewayAnswers)).not.toContain('REQUEST_TOO_LARGE');
  });
});
