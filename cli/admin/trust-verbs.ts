// Other nodes and what they and this one are trusted by, from the command line: pinned certificates, the node's own next
// one, the key that a peer gave us, trust anchors.

import { readFileSync } from 'node:fs';
import type { Verb } from '../command.ts';
import { readSecret, secretOptions } from '../password.ts';
import { announcement, nodeCertificates, nodeRequest } from './node-certificates.ts';
import { file, participant, proposes, proposesFile } from './propose.ts';

export const trustVerbs: Readonly<Record<string, Verb>> = {
  'pin-peer': proposesFile('pin another node’s certificate', 'peer.pin'),
  'set-peer-key': proposes(
    'store the API key that another node gave us',
    'peer.setApiKey',
    {
      participant: { ...participant, help: 'fin_id of that node; "admin participants" lists them' },
      ...secretOptions('api-key'),
    },
    async (call) => ({ fin_id: call.required('participant'), api_key: await readSecret(call, 'api-key') }),
  ),
  'node-certificates': {
    summary: 'what this node and its peers sign messages with, and who has confirmed the next one',
    run: nodeCertificates,
  },
  'node-csr': nodeRequest,
  'announce-certificate': proposes(
    'announce the next certificate of this node to its peers and participants',
    'node.announceCertificate',
    {
      chain: { type: 'string', value: '<file>', required: true, help: 'leaf and intermediates in PEM' },
      'signs-from': {
        type: 'string',
        value: '<time>',
        help: 'RFC 3339, UTC; by default in 30 days, or a day before the current one ends',
      },
    },
    (call) => announcement(call),
  ),
  'end-certificate': proposes(
    'end a certificate of this node or of a peer, at once',
    'peer.endCertificate',
    {
      node: { type: 'string', value: '<fin_id>', required: true, help: 'whose' },
      certificate: {
        type: 'string',
        value: '<x5t#S256>',
        required: true,
        help: 'which; "admin node-certificates" lists them',
      },
      incident: { type: 'boolean', help: 'somebody else may hold its key: all certificates on it end' },
    },
    (call) => ({
      fin_id: call.required('node'),
      certificate_thumbprint: call.required('certificate'),
      incident: call.flag('incident'),
    }),
  ),
  anchors: proposes(
    'put a trust anchor manifest in force',
    'anchors.change',
    { file: { ...file, help: 'the manifest; "anchors write" makes it' } },
    (call) => ({
      manifest: readFileSync(call.required('file')).toString('base64'),
    }),
  ),
};
