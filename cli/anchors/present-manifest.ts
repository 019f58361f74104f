// A manifest for the eyes of the two people who sign it off: each root with the SHA-256 that its authority
// publishes, and what changes against the manifest before.

import { type AnchorManifest, removedAnchors } from '../../core/certificate/anchors.ts';
import { knownProductionRoots } from '../../core/certificate/known-roots.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { describe } from '../explain/describe.ts';
import { columns, printable, type Style } from '../style.ts';
import type { ManifestInHand } from './manifest-file.ts';

interface AnchorRow {
  readonly profile: string;
  readonly enabled: boolean;
  readonly subject: string;
  readonly not_after: string;
  readonly thumbprint: Thumbprint;
  readonly sha256: string;
  readonly known_as: string | null;
}

export interface ManifestReport {
  readonly version: number;
  readonly stage: string;
  readonly issued_at: string;
  readonly manifest_sha256: string;
  readonly sealed_by: string | null;
  readonly anchors: readonly AnchorRow[];
  readonly added?: readonly Thumbprint[];
  readonly removed?: readonly Thumbprint[];
}

export function reportOn(
  { manifest, hash, sealedBy }: ManifestInHand,
  previous: AnchorManifest | undefined,
  now: Date,
): ManifestReport {
  return {
    version: manifest.version,
    stage: manifest.stage,
    issued_at: manifest.issuedAt.toISOString(),
    manifest_sha256: hash,
    sealed_by: sealedBy ?? null,
    anchors: rowsOf(manifest, now),
    ...(previous
      ? { added: removedAnchors(manifest, previous), removed: removedAnchors(previous, manifest) }
      : {}),
  };
}

function rowsOf({ anchors, profiles }: AnchorManifest, now: Date): AnchorRow[] {
  return anchors.map(({ certificate, thumbprint }) => {
    const profile = profiles.find((each) => [...each.anchors, ...each.selfSignedLeafs].includes(thumbprint));
    const { subject, not_after, sha256 } = describe(parseCertificate(certificate), now);
    return {
      profile: profile?.id ?? '',
      enabled: profile?.enabled ?? false,
      subject,
      not_after,
      thumbprint,
      sha256,
      known_as: knownProductionRoots.get(thumbprint) ?? null,
    };
  });
}

export function presentManifest(report: ManifestReport, style: Style): string {
  const head: [string, string][] = [
    ['version', String(report.version)],
    ['stage', report.stage],
    ['issued', report.issued_at],
    ['manifest_sha256', report.manifest_sha256],
  ];
  if (report.sealed_by) head.push(['signature', `by ${printable(report.sealed_by)}, not verified here`]);
  const parts = [columns(head, ''), ...report.anchors.map((anchor) => presentAnchor(anchor, style))];
  const change = (mark: string, thumbprints: readonly string[] = []) =>
    thumbprints.map((thumbprint) => `  ${mark} ${thumbprint}`);
  if (report.added && report.removed) {
    const lines = [...change(style.good('+'), report.added), ...change(style.bad('-'), report.removed)];
    parts.push(`${style.bold('Against the manifest before')}\n${lines.join('\n') || '  the same anchors'}`);
  }
  if (report.removed?.length) {
    parts.push(style.doubtful('What hangs from a removed anchor is disabled when this takes effect.'));
  }
  if (report.stage === 'prod') {
    parts.push(
      "Compare each SHA-256 with the authority's own publication, over another channel, before you sign off.",
    );
  }
  return parts.join('\n\n');
}

function presentAnchor(anchor: AnchorRow, style: Style): string {
  const profile = `${anchor.profile}${anchor.enabled ? '' : style.doubtful(' (disabled)')}`;
  return columns([
    ['profile', profile],
    ['subject', printable(anchor.subject)],
    ['valid until', anchor.not_after],
    ['SHA-256', anchor.sha256],
    ['x5t#S256', anchor.thumbprint],
    ['known as', printable(anchor.known_as ?? 'nothing in the catalogue')],
  ]);
}
