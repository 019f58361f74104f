import { describe, expect, it } from 'vitest';
import { type Machine, planOf, prerequisites } from '../../local/prerequisites.ts';

const oneLine =
  'deb http://mirror.example/debian bookworm main\ndeb http://security.example bookworm-security main\n';
const deb822 = `Types: deb
URIs: https://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;
const debian: Machine = { system: 'debian', codename: 'bookworm', aptSources: [oneLine], asRoot: [] };

function commands(machine: Machine, names = ['haproxy', 'pkcs11-provider']): string[] {
  const plan = planOf(
    prerequisites.filter(({ name }) => names.includes(name)),
    machine,
  );
  if ('missing' in plan) throw new Error(plan.missing);
  return plan.commands.map((words) => words.join(' '));
}

describe('prerequisites', () => {
  it('does nothing when nothing is missing', () => {
    expect(planOf([], { ...debian, system: 'macos', asRoot: undefined })).toEqual({ commands: [] });
  });

  it("takes the provider from backports of the machine's own mirror on Debian 12", () => {
    const all = commands(debian);
    expect(all[0]).toContain('deb http://mirror.example/debian bookworm-backports main');
    expect(all[1]).toMatch(/apt-get .*update$/);
    expect(all[2]).toMatch(/install -y --no-install-recommends haproxy$/);
    expect(all[3]).toMatch(/install -y --no-install-recommends -t bookworm-backports pkcs11-provider$/);
  });

  it('reads the mirror and its key from the deb822 form too', () => {
    const [first] = commands({ ...debian, aptSources: ['', deb822] });
    expect(first).toContain(
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://mirror.example/debian bookworm-backports main',
    );
  });

  it('adds no source that is there already', () => {
    const aptSources = [oneLine, 'deb http://mirror.example/debian bookworm-backports main\n'];
    expect(commands({ ...debian, aptSources }).some((line) => line.includes('sources.list.d'))).toBe(false);
  });

  it('takes everything from the release itself elsewhere, through sudo where that is the way', () => {
    const all = commands({ ...debian, codename: 'trixie', asRoot: ['sudo', '-n'] });
    expect(all).toHaveLength(2);
    expect(all[1]).toMatch(/^sudo -n .*install -y --no-install-recommends haproxy pkcs11-provider$/);
  });

  it('says what is missing, what for and what to run when it may not install', () => {
    const missing = prerequisites.filter(({ name }) => name === 'haproxy');
    expect(planOf(missing, { ...debian, asRoot: undefined })).toEqual({
      missing: 'Missing: haproxy (the mTLS edge). Run: sudo apt-get install haproxy',
    });
    expect(planOf(missing, { ...debian, system: 'fedora' })).toEqual({
      missing: "Missing: haproxy (the mTLS edge). Install them with this system's package manager.",
    });
  });
});
