import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ia5String,
  objectIdentifier,
  octetString,
  sequence,
  utf8String,
} from '../../../../core/certificate/der-writer.ts';
import {
  cnpjCheckDigits,
  cpfCheckDigits,
  nitCheckDigit,
  rutCheckDigit,
} from '../../../../core/certificate/holder/check-digits.ts';
import {
  type HolderRule,
  identifyHolder,
  identifyTransportOwner,
  sealOf,
} from '../../../../core/certificate/holder/holder.ts';
import { normaliseTaxId } from '../../../../core/certificate/holder/tax-id.ts';
import { parseCertificate } from '../../../../core/certificate/parse.ts';
import type { RefusalCode } from '../../../../core/errors.ts';
import { otherName, subjectAltName } from '../../../../local/psc/extensions.ts';
import type { HolderInput } from '../../../../local/psc/layouts.ts';
import { issueLeaf, type LeafOptions, makeAuthority } from '../../../support/certificates.ts';

const psc = makeAuthority({ name: 'Holder Root' });
const leaf = (options: LeafOptions) => parseCertificate(issueLeaf(psc, options).der);
const of = (holder: HolderInput) => leaf({ holder });

const cl: HolderRule = { country: 'CL', holder: 'cl.san', pscTaxId: '76543210-3' };
const clSubject: HolderRule = { country: 'CL', holder: 'cl.subject' };
const clPermanent: HolderRule = { country: 'CL', holder: 'cl.permanentIdentifier' };
const br: HolderRule = { country: 'BR', holder: 'br.icp' };
const mx: HolderRule = { country: 'MX', holder: 'mx.efirma' };
const co: HolderRule = { country: 'CO', holder: 'co.serialNumber' };
const gse: HolderRule = { country: 'CO', holder: 'co.gse' };
const certicamara: HolderRule = { country: 'CO', holder: 'co.certicamara' };
const pe: HolderRule = { country: 'PE', holder: 'pe.iofe' };

const camila = { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' } as const;
const joao = { country: 'BR', name: 'JOAO DA SILVA', cpf: '11144477735' } as const;
const company = { ...joao, kind: 'e-CNPJ', cnpj: '12ABC34501DE35', companyName: 'PAGAMENTOS SA' } as const;
const maria = {
  country: 'MX',
  name: 'MARÍA PEÑA',
  rfc: 'GODE561231GR8',
  curp: 'HEGG560427MVZRRL04',
} as const;
const andres = { country: 'CO', name: 'Andrés Gómez', cedula: '79123456' } as const;
const rosa = { country: 'PE', name: 'Rosa Quispe', dni: '01234567' } as const;

function refuses(rule: HolderRule, options: HolderInput | LeafOptions, code: RefusalCode) {
  const certificate = 'country' in options ? of(options) : leaf(options);
  expect(() => identifyHolder(certificate, rule)).toThrow(expect.objectContaining({ name: 'Refusal', code }));
}

describe('Chile', () => {
  test('names the holder by the RUT of the SAN, in either string type', () => {
    for (const as of ['ia5', 'utf8'] as const) {
      expect(identifyHolder(of({ ...camila, as }), cl)).toEqual({
        country: 'CL',
        taxIdType: 'CLID',
        taxId: '12345678-5',
        name: 'Camila Soto Rojas',
        warnings: [],
      });
    }
  });

  test('reads the subject or a permanentIdentifier only where the profile says so', () => {
    const inSubject = of({ ...camila, rutIn: 'subject' });
    expect(identifyHolder(inSubject, clSubject).taxId).toBe('12345678-5');
    expect(() => identifyHolder(inSubject, cl)).toThrow(
      expect.objectContaining({ code: 'HOLDER_FIELD_MISSING' }),
    );
    const permanent = leaf({
      holder: { ...camila, rutIn: 'subject', subjectRut: 'A-77' },
      extensions: [subjectAltName(otherName('1.3.6.1.5.5.7.8.3', sequence(utf8String('12345678-5'))))],
    });
    expect(identifyHolder(permanent, clPermanent).taxId).toBe('12345678-5');
  });

  test('refuses a RUT that stands twice and differs', () => {
    refuses(cl, { ...camila, subjectRut: '11111111-1' }, 'HOLDER_NUMBERS_DISAGREE');
    refuses(clSubject, { ...camila, rutIn: 'both', subjectRut: '11111111-1' }, 'HOLDER_NUMBERS_DISAGREE');
    expect(identifyHolder(of({ ...camila, rutIn: 'both' }), cl).taxId).toBe('12345678-5');
  });

  test('refuses a wrong check digit, dots, and two RUTs in the SAN', () => {
    refuses(cl, { ...camila, rut: '12345678-4' }, 'TAX_ID_CHECK_DIGIT_WRONG');
    refuses(cl, { ...camila, rut: '12.345.678-5' }, 'HOLDER_FIELD_MALFORMED');
    const twice = ['12345678-5', '11111111-1'].map((rut) => otherName('1.3.6.1.4.1.8321.1', ia5String(rut)));
    refuses(cl, { holder: camila, extensions: [subjectAltName(...twice)] }, 'HOLDER_FIELD_REPEATED');
  });

  test('refuses a PSC number other than the one its profile pins, or none', () => {
    refuses(cl, { ...camila, pscRut: '76192083-9' }, 'PSC_NUMBER_WRONG');
    refuses(cl, { ...camila, pscRut: 'none' }, 'PSC_NUMBER_WRONG');
    expect(identifyHolder(of({ ...camila, pscRut: 'none' }), { ...cl, pscTaxId: undefined! }).taxId).toBe(
      '12345678-5',
    );
  });

  test('names every valid RUT as it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 49_999_999 }), (number) => {
        const rut = `${number}-${rutCheckDigit(String(number))}`;
        expect(identifyHolder(of({ ...camila, rut }), cl).taxId).toBe(rut);
      }),
      { numRuns: 20 },
    );
  });
});

describe('Brazil', () => {
  test('names the holder of an e-CPF by the CPF of the SAN, in every string type and both RG lengths', () => {
    for (const as of ['octets', 'printable', 'utf8'] as const) {
      for (const rgLength of [11, 15] as const) {
        expect(identifyHolder(of({ ...joao, as, rgLength }), br)).toEqual({
          country: 'BR',
          taxIdType: 'BRCPF',
          taxId: '11144477735',
          name: 'JOAO DA SILVA',
          warnings: [],
        });
      }
    }
  });

  test('accepts a missing issuer of the RG and a CN without a number', () => {
    expect(identifyHolder(of({ ...joao, rgIssuer: '', commonNameNumber: '' }), br).taxId).toBe('11144477735');
  });

  test('names the person responsible for an e-CNPJ, and the company', () => {
    expect(identifyHolder(of(company), br)).toEqual({
      country: 'BR',
      taxIdType: 'BRCPF',
      taxId: '11144477735',
      name: 'JOAO DA SILVA',
      companyTaxIdType: 'BRCNPJ',
      companyTaxId: '12ABC34501DE35',
      warnings: [],
    });
  });

  test('refuses what is shorter, not digits, or has a wrong check digit', () => {
    refuses(br, { ...joao, rgLength: 11, rgIssuer: '' }, 'HOLDER_FIELD_MALFORMED');
    refuses(br, { ...joao, rgIssuer: 'SSPSP12' }, 'HOLDER_FIELD_MALFORMED');
    refuses(br, { ...joao, birthDate: '1jan1980' }, 'HOLDER_FIELD_MALFORMED');
    refuses(br, { ...joao, cpf: '11144477734' }, 'TAX_ID_CHECK_DIGIT_WRONG');
    refuses(br, { ...joao, cpf: '00000000000' }, 'TAX_ID_CHECK_DIGIT_WRONG');
    refuses(br, { ...company, cnpj: '12ABC34501DE34' }, 'TAX_ID_CHECK_DIGIT_WRONG');
  });

  test('refuses a CN whose number is another one', () => {
    refuses(br, { ...joao, commonNameNumber: '12345678909' }, 'HOLDER_NUMBERS_DISAGREE');
    refuses(br, { ...company, commonNameNumber: '00000000000191' }, 'HOLDER_NUMBERS_DISAGREE');
    refuses(br, { ...company, commonNameNumber: '11144477735' }, 'HOLDER_NUMBERS_DISAGREE');
  });

  test.each([
    ['SE-S', '2.16.76.1.2.201.7'],
    ['SE-H', '2.16.76.1.2.202.1'],
  ])('refuses a seal %s with its own code', (seal, policy) => {
    expect(sealOf(of({ ...company, policy }), br)).toBe(seal);
    refuses(br, { ...company, policy }, 'HOLDER_IS_SEAL');
  });

  test('refuses a company without a person, and never reads the CN for one', () => {
    const cnpjOnly = [otherName('2.16.76.1.3.3', utf8String('12ABC34501DE35'))];
    refuses(br, { holder: company, extensions: [subjectAltName(...cnpjOnly)] }, 'HOLDER_NOT_A_PERSON');
    refuses(br, { holder: joao, without: ['2.5.29.17'] }, 'HOLDER_FIELD_MISSING');
  });

  test('names every valid CPF and CNPJ as they are', () => {
    const digits = (length: number) =>
      fc.array(fc.constantFrom(...'0123456789'), { minLength: length, maxLength: length });
    const letters = fc.array(fc.constantFrom(...'0123456789ABCXYZ'), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(digits(9), letters, (person, root) => {
        const [body, base] = [person.join(''), root.join('')];
        if (/^(.)\1*$/.test(body) || /^(.)\1*$/.test(base)) return;
        const [cpf, cnpj] = [body + cpfCheckDigits(body), base + cnpjCheckDigits(base)];
        expect(identifyHolder(of({ ...company, cpf, cnpj }), br)).toMatchObject({
          taxId: cpf,
          companyTaxId: cnpj,
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('Mexico', () => {
  test('names a person by RFC, with the CURP', () => {
    expect(identifyHolder(of(maria), mx)).toEqual({
      country: 'MX',
      taxIdType: 'MXRFC',
      taxId: 'GODE561231GR8',
      name: 'MARÍA PEÑA',
      curp: 'HEGG560427MVZRRL04',
      warnings: [],
    });
  });

  test("names a company's representative, and the company", () => {
    const holder = { ...maria, rfc: 'SAT970701NN3', representativeRfc: 'GODE561231GR8' };
    expect(identifyHolder(of(holder), mx)).toMatchObject({
      taxId: 'GODE561231GR8',
      companyTaxIdType: 'MXRFC',
      companyTaxId: 'SAT970701NN3',
      curp: 'HEGG560427MVZRRL04',
    });
  });

  test('only warns of an RFC whose check digit does not fit', () => {
    expect(identifyHolder(of({ ...maria, rfc: 'GODE561231GR9' }), mx).warnings).toEqual(['RFC_CHECK_DIGIT']);
  });

  test('refuses a CSD seal, a company without representative, a wrong CURP, and no RFC', () => {
    refuses(mx, { ...maria, organizationalUnit: 'Matriz' }, 'HOLDER_IS_SEAL');
    refuses(mx, { ...maria, rfc: 'SAT970701NN3' }, 'HOLDER_NOT_A_PERSON');
    refuses(mx, { ...maria, curp: 'HEGG560427MVZRRL05' }, 'TAX_ID_CHECK_DIGIT_WRONG');
    refuses(mx, { ...maria, rfc: 'no rfc' }, 'TAX_ID_MALFORMED');
    refuses(mx, { subject: [{ type: 'CN', value: 'MARIA' }] }, 'HOLDER_FIELD_MISSING');
  });
});

describe('Colombia', () => {
  test('names a person by the serialNumber, check digit verified and left off', () => {
    expect(identifyHolder(of(andres), co)).toEqual({
      country: 'CO',
      taxIdType: 'CONUIP',
      taxId: '79123456',
      name: 'Andrés Gómez',
      warnings: [],
    });
  });

  test('names person and company by the attributes of the PSC that the profile names', () => {
    for (const [rule, layout] of [
      [gse, 'gse'],
      [certicamara, 'certicamara'],
    ] as const) {
      for (const nit of ['8001972684', '800197268', '800197268-4']) {
        expect(identifyHolder(of({ ...andres, nit, layout }), rule)).toMatchObject({
          taxId: '79123456',
          companyTaxIdType: 'CONIT',
          companyTaxId: '8001972684',
        });
      }
    }
    expect(() => identifyHolder(of({ ...andres, layout: 'gse' }), certicamara)).toThrow(
      expect.objectContaining({ code: 'HOLDER_FIELD_MISSING' }),
    );
  });

  test('refuses a wrong check digit, a company alone, letters, and numbers that disagree', () => {
    refuses(
      co,
      { ...andres, serialNumber: `79123456${(Number(nitCheckDigit('79123456')) + 1) % 10}` },
      'TAX_ID_CHECK_DIGIT_WRONG',
    );
    refuses(co, { ...andres, serialNumber: '8001972684' }, 'HOLDER_NOT_A_PERSON');
    refuses(co, { ...andres, serialNumber: 'CC79123456' }, 'HOLDER_FIELD_MALFORMED');
    refuses(gse, { ...andres, layout: 'gse', nit: '8001972685' }, 'TAX_ID_CHECK_DIGIT_WRONG');
    refuses(gse, { ...andres, layout: 'gse', serialNumber: '52123456' }, 'HOLDER_NUMBERS_DISAGREE');
  });
});

describe('Peru', () => {
  test('names a person by the DNI behind each prefix in use', () => {
    for (const dniPrefix of ['PNOPE-', 'IDCPE-', 'DNI-']) {
      expect(identifyHolder(of({ ...rosa, dniPrefix }), pe)).toEqual({
        country: 'PE',
        taxIdType: 'PEDNI',
        taxId: '01234567',
        name: 'Rosa Quispe',
        warnings: [],
      });
    }
  });

  test('names the company by the RUC behind each prefix in use', () => {
    for (const rucPrefix of ['NTRPE-', 'VATPE-']) {
      expect(identifyHolder(of({ ...rosa, ruc: '20131312955', rucPrefix }), pe)).toMatchObject({
        companyTaxIdType: 'PERUC',
        companyTaxId: '20131312955',
      });
    }
  });

  test('refuses other documents, a wrong RUC, and a certificate without either', () => {
    refuses(pe, { ...rosa, dniPrefix: 'PASPE-' }, 'HOLDER_FIELD_MALFORMED');
    refuses(pe, { ...rosa, dni: '1234567' }, 'HOLDER_FIELD_MALFORMED');
    refuses(pe, { ...rosa, ruc: '20131312954' }, 'TAX_ID_CHECK_DIGIT_WRONG');
    refuses(pe, { subject: [{ type: 'CN', value: 'ROSA' }] }, 'HOLDER_FIELD_MISSING');
    const alone = [
      { type: 'organizationIdentifier', value: 'NTRPE-20131312955' },
      { type: 'CN', value: 'EMPRESA SAC' },
    ];
    refuses(pe, { subject: alone }, 'HOLDER_NOT_A_PERSON');
  });
});

describe('every profile', () => {
  test("refuses a certificate of another country's layout", () => {
    refuses(br, camila, 'HOLDER_COUNTRY_WRONG');
    refuses(cl, joao, 'HOLDER_COUNTRY_WRONG');
    refuses(pe, andres, 'HOLDER_COUNTRY_WRONG');
  });

  test('refuses a name with characters that deceive the eye or break a page', () => {
    refuses(cl, { ...camila, name: 'Camila\u202esojoR' }, 'HOLDER_FIELD_MALFORMED');
    refuses(cl, { ...camila, name: 'Camila\u0007' }, 'HOLDER_FIELD_MALFORMED');
    refuses(cl, { ...camila, name: '' }, 'HOLDER_FIELD_MISSING');
  });

  test('refuses a subject that names its holder twice', () => {
    const twice = ['PNOPE-12345678', 'PNOPE-87654321'].map((value) => ({ type: 'serialNumber', value }));
    refuses(pe, { subject: [{ type: 'CN', value: 'ROSA' }, ...twice] }, 'HOLDER_FIELD_REPEATED');
  });

  test('refuses an otherName that is no string', () => {
    const odd = [otherName('1.3.6.1.4.1.8321.1', objectIdentifier('1.2.3'))];
    refuses(cl, { holder: camila, extensions: [subjectAltName(...odd)] }, 'HOLDER_FIELD_MALFORMED');
  });
});

describe('whatever a PSC writes', () => {
  const rules = [cl, clSubject, clPermanent, br, mx, co, gse, certicamara, pe];
  const holderOids = [
    '1.3.6.1.4.1.8321.1',
    '1.3.6.1.5.5.7.8.3',
    '2.16.76.1.3.1',
    '2.16.76.1.3.3',
    '2.16.76.1.3.4',
  ];
  const subjectOids = [
    '2.5.4.3',
    '2.5.4.5',
    '2.5.4.45',
    '2.5.4.97',
    '1.3.6.1.4.1.4710.1.3.1',
    '1.3.6.1.4.1.23267.2.3',
  ];
  const likely = fc.constantFrom(
    '12345678-5',
    'PNOPE-12345678',
    'GODE561231GR8',
    '11144477735',
    '0'.repeat(45),
    '',
  );
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), likely);
  const strings = text.map((value) => utf8String(value));
  const bytes = fc.uint8Array({ maxLength: 40 }).map((content) => octetString(content));
  const altNames = fc.array(fc.tuple(fc.constantFrom(...holderOids), fc.oneof(strings, bytes)), {
    maxLength: 4,
  });
  const attributes = fc.array(fc.tuple(fc.constantFrom(...subjectOids), text), { maxLength: 4 });

  test('is a person in normal form or a refusal, never a fault', () => {
    fc.assert(
      fc.property(fc.constantFrom(...rules), altNames, attributes, (rule, names, subject) => {
        const extensions =
          names.length > 0 ? [subjectAltName(...names.map(([oid, der]) => otherName(oid, der)))] : [];
        const certificate = leaf({ subject: subject.map(([type, value]) => ({ type, value })), extensions });
        try {
          const { taxIdType, taxId } = identifyHolder(certificate, rule);
          expect(normaliseTaxId(taxIdType, taxId).taxId).toBe(taxId);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Refusal' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a transport certificate', () => {
  test('names its company and its hosts', () => {
    const hosts = ['Pagos.Example.cl'];
    expect(identifyTransportOwner(leaf({ holder: company, use: 'transport', hosts }), br)).toEqual({
      company: { taxIdType: 'BRCNPJ', taxId: '12ABC34501DE35' },
      hosts: ['pagos.example.cl'],
    });
    expect(identifyTransportOwner(leaf({ use: 'transport', hosts }), pe)).toEqual({
      company: undefined,
      hosts: ['pagos.example.cl'],
    });
  });
});
