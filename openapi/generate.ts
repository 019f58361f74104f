// `npm run generate`: writes everything that comes from openapi.yaml, and the page of all refusals. The files are
// committed, so that types and bundles need no step before them; test/contract/generated.test.ts proves them current.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Contract, readContract, root, routesOf } from './contract.ts';
import { gatewayDocument } from './gateway.ts';
import { refusalsPage } from './refusals.ts';
import { typesFile } from './types.ts';
import { validatorFiles } from './validators.ts';

/** Path from the root -> content. */
export function generatedFiles(contract: Contract): Map<string, string> {
  const types = typesFile(contract);
  return new Map([
    ['openapi/generated/gateway.json', `${JSON.stringify(gatewayDocument(contract), null, 2)}\n`],
    ['openapi/generated/refusals.md', refusalsPage()],
    ['adapters/http/generated/routes.ts', routesFile(contract)],
    ['adapters/http/generated/types.ts', types],
    ['clients/typescript/generated/types.ts', types],
    ...[...validatorFiles(contract)].map(
      ([name, code]) => [`adapters/http/generated/${name}`, code] as const,
    ),
  ]);
}

/** What the authorizer and the harness of the proof table need of each route. */
function routesFile(contract: Contract): string {
  const routes = routesOf(contract).map((route) => ({
    method: route.method,
    path: route.path,
    operationId: route.operationId,
    function: route['x-apodera-function'],
    roles: route['x-apodera-roles'],
    proof: route['x-apodera-proof'],
    edgeCertificate: route['x-apodera-edge-certificate'],
  }));
  return `// From openapi.yaml by \`npm run generate\`.\n\nexport const routes = ${JSON.stringify(routes, null, 2)} as const;\n`;
}

if (import.meta.main) {
  for (const [path, content] of generatedFiles(readContract())) {
    mkdirSync(dirname(resolve(root, path)), { recursive: true });
    writeFileSync(resolve(root, path), content);
  }
}
