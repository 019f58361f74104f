// Which states may a certificate be in, and what may change them? The two published machines
// as one table. It does not say who may cause an event or what proof that takes: those are the use cases' checks.
// Both states stand on one enrolment of a certificate by one participant.

export const validities = ['valid', 'invalid', 'expired', 'revoked'] as const;
export type Validity = (typeof validities)[number];

export const networkStatuses = ['pending', 'rejected', 'active', 'disabled'] as const;
export type NetworkStatus = (typeof networkStatuses)[number];

export interface CertificateState {
  readonly validity: Validity;
  readonly networkStatus: NetworkStatus;
}

/** Past tense: what has been found or decided. `initial` stands for "not yet received". */
export const lifecycleEvents = [
  'RECEIVED_VALID',
  'RECEIVED_INVALID',
  'RECEIVED_EXPIRED',
  'RECEIVED_REVOKED',
  'CONFIRMED',
  'REJECTED',
  'DISABLED',
  'EXPIRED',
  'REVOKED',
] as const;
export type LifecycleEvent = (typeof lifecycleEvents)[number];

export interface Transition {
  readonly event: LifecycleEvent;
  readonly from: CertificateState | 'initial';
  readonly to: CertificateState;
  /** The requirement that grants the row. */
  readonly source: string;
}

const state = (validity: Validity, networkStatus: NetworkStatus): CertificateState => ({
  validity,
  networkStatus,
});

/** Every legal move. What is not a row is forbidden: final states have no row that leaves them. */
export const transitions: readonly Transition[] = [
  { event: 'RECEIVED_VALID', from: 'initial', to: state('valid', 'pending'), source: 'A-122, A-133' },
  { event: 'RECEIVED_INVALID', from: 'initial', to: state('invalid', 'rejected'), source: 'A-123, A-134' },
  { event: 'RECEIVED_EXPIRED', from: 'initial', to: state('expired', 'rejected'), source: 'A-124, A-134' },
  { event: 'RECEIVED_REVOKED', from: 'initial', to: state('revoked', 'rejected'), source: 'A-125, A-134' },
  {
    event: 'CONFIRMED',
    from: state('valid', 'pending'),
    to: state('valid', 'active'),
    source: 'A-137, A-142',
  },
  {
    event: 'REJECTED',
    from: state('valid', 'pending'),
    to: state('valid', 'rejected'),
    source: 'A-135, A-136, A-158',
  },
  {
    event: 'DISABLED',
    from: state('valid', 'active'),
    to: state('valid', 'disabled'),
    source: 'A-138, A-140',
  },
  {
    event: 'EXPIRED',
    from: state('valid', 'pending'),
    to: state('expired', 'rejected'),
    source: 'A-126, A-159',
  },
  {
    event: 'EXPIRED',
    from: state('valid', 'active'),
    to: state('expired', 'disabled'),
    source: 'A-126, A-139',
  },
  { event: 'EXPIRED', from: state('valid', 'disabled'), to: state('expired', 'disabled'), source: 'A-126' },
  { event: 'EXPIRED', from: state('valid', 'rejected'), to: state('expired', 'rejected'), source: 'A-126' },
  {
    event: 'REVOKED',
    from: state('valid', 'pending'),
    to: state('revoked', 'rejected'),
    source: 'A-127, A-159',
  },
  {
    event: 'REVOKED',
    from: state('valid', 'active'),
    to: state('revoked', 'disabled'),
    source: 'A-127, A-139',
  },
  {
    event: 'REVOKED',
    from: state('valid', 'disabled'),
    to: state('revoked', 'disabled'),
    source: 'A-127, A-146',
  },
  { event: 'REVOKED', from: state('valid', 'rejected'), to: state('revoked', 'rejected'), source: 'A-127' },
];

/** The row for this event from this state, or undefined: then the move is forbidden and nothing may be written. */
export function transitionFor(
  event: LifecycleEvent,
  from: CertificateState | 'initial',
): Transition | undefined {
  return transitions.find((row) => row.event === event && sameState(row.from, from));
}

function sameState(a: CertificateState | 'initial', b: CertificateState | 'initial'): boolean {
  if (a === 'initial' || b === 'initial') return a === b;
  return a.validity === b.validity && a.networkStatus === b.networkStatus;
}
