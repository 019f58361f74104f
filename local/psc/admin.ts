// The test PSC by hand, as JSON: what it issued, what it is asked, and its faults. For demonstrations and for tests
// in other processes; in-process tests call the same functions on TestPsc.

import { type Fault, faultNames } from './faults.ts';
import type { IssueRequest } from './issue.ts';
import { isReason } from './register.ts';
import type { TestPsc } from './test-psc.ts';

/**
 * GET /admin, /admin/certificates, /admin/faults, /admin/requests; POST /admin/issue {holder, csr | publicKey (PEM),
 * use, days, hosts ...}, /admin/revoke {serialNumber, reason}, /admin/release {serialNumber}, /admin/faults {fault,
 * country, service, times, delayMs}; DELETE /admin/faults. Undefined: no such route.
 */
export async function adminAnswer(
  psc: TestPsc,
  method: string,
  path: string,
  body: Buffer,
): Promise<unknown> {
  switch (`${method} ${path}`) {
    case 'GET /admin':
      return {
        url: psc.url,
        anchors: psc.authorities.map(({ country, root }) => ({ country, thumbprint: root.thumbprint })),
      };
    case 'GET /admin/certificates':
      return psc.register.entries();
    case 'GET /admin/requests':
      return Object.fromEntries(psc.requests);
    case 'GET /admin/faults':
      return psc.faults.list();
    case 'DELETE /admin/faults':
      psc.faults.clear();
      return [];
    case 'POST /admin/faults':
      psc.faults.add(readFault(JSON.parse(body.toString())));
      return psc.faults.list();
    case 'POST /admin/revoke': {
      const { serialNumber, reason = 'unspecified' } = JSON.parse(body.toString());
      if (!isReason(reason)) throw new Error(`"reason" is not one of RFC 5280 §5.3.1: "${reason}"`);
      return psc.revoke(String(serialNumber), reason);
    }
    case 'POST /admin/release': {
      const { serialNumber } = JSON.parse(body.toString());
      psc.release(String(serialNumber));
      return psc.register.find(String(serialNumber));
    }
    case 'POST /admin/issue': {
      const asked = JSON.parse(body.toString());
      const notBefore = asked.notBefore ? { notBefore: new Date(asked.notBefore) } : {};
      const issued = await psc.issue({ ...asked, ...notBefore } as IssueRequest);
      return { serialNumber: issued.serialNumber, thumbprint: issued.thumbprint, chainPem: issued.chainPem };
    }
    default:
      return undefined;
  }
}

function readFault(json: Fault): Fault {
  if (!faultNames.includes(json.fault)) {
    throw new Error(`"fault": expected one of ${faultNames.join(', ')}, found "${json.fault}"`);
  }
  return json;
}
