import { expect, it } from 'vitest';
import { readSettings } from '../../proxy/settings.ts';

const environment = {
  NODE_STAGE: 'prod',
  EDGE_PARAMETERS: '/apodera/x/edge',
  HSM_LOGIN_SECRET_ID: 'login',
  EDGE_MAC_SECRET_ID: 'mac',
  TRUST_BUCKET: 'trust',
  TRUSTSTORE_KEY_ID: 'truststore',
  TABLE_NAME: 'node',
  SEAL_KEY_ID: 'seal',
  HSM_KIND: 'cloudhsm',
  HSM_MODULE: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so',
  HSM_SUBNETS: '10.42.4.0/24,10.42.5.0/24',
  API_HOST: 'api.internal',
  API_ADDRESS: 'api.internal:443',
};
const withHsms = (HSM_ADDRESSES: string, more = {}) =>
  readSettings({ ...environment, HSM_ADDRESSES, ...more });

it('finds HSMs in two zones', () => {
  expect(withHsms('10.42.4.9,10.42.5.9').hsmZones).toBe(2);
  expect(withHsms('10.42.4.9,10.42.5.9,10.42.5.10').hsmZones).toBe(2);
});

it.each(['10.42.4.9', '10.42.4.9,10.42.4.10', '10.42.4.9,10.42.4.9', '10.42.4.9,10.43.5.9', '10.42.4.9,x'])(
  'starts no production edge with HSMs at %s: one zone can go',
  (addresses) => {
    expect(() => withHsms(addresses)).toThrow(/"HSM_ADDRESSES": expected HSMs in two of the zones/);
    expect(withHsms(addresses, { NODE_STAGE: 'dev' }).hsmZones).toBe(1);
  },
);

it('starts no production edge that was not told the zones', () => {
  expect(() => withHsms('10.42.4.9,10.42.5.9', { HSM_SUBNETS: '' })).toThrow(/two of the zones/);
});
