// What does the edge need that npm cannot bring, and is it here? Installs it by apt where that is possible (Debian or
// Ubuntu, root or sudo without a password), else says exactly what is missing. Everything but the edge and the browser
// tests runs without. Run: node local/prerequisites.ts

import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Prerequisite {
  /** apt package. */
  readonly name: string;
  readonly purpose: string;
  readonly present: () => boolean;
}

const moduleFolders = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (each) => `/usr/lib/${each}/ossl-modules`,
);

export const prerequisites: readonly Prerequisite[] = [
  { name: 'softhsm2', purpose: 'the HSM of the laptop', present: () => onPath('softhsm2-util') },
  { name: 'haproxy', purpose: 'the mTLS edge', present: () => onPath('haproxy') },
  {
    name: 'pkcs11-provider',
    purpose: "OpenSSL's way to the HSM",
    present: () => moduleFolders.some((folder) => existsSync(join(folder, 'pkcs11.so'))),
  },
  {
    name: 'chromium',
    purpose: 'browser tests',
    present: () => onPath('chromium') || onPath('chromium-browser'),
  },
  { name: 'curl', purpose: "tests of the edge with participants' clients", present: () => onPath('curl') },
  {
    name: 'python3-requests',
    purpose: "tests of the edge with participants' clients",
    present: () => existsSync('/usr/lib/python3/dist-packages/requests'),
  },
  {
    name: 'g++',
    purpose: 'building pkcs11js, and the HSM that fails in tests',
    present: () => onPath('g++'),
  },
  { name: 'make', purpose: 'building pkcs11js', present: () => onPath('make') },
  { name: 'python3', purpose: 'building pkcs11js', present: () => onPath('python3') },
];

export interface Machine {
  /** Of /etc/os-release: `ID` and `VERSION_CODENAME`. */
  readonly system: string;
  readonly codename: string;
  /** Texts of /etc/apt/sources.list and what lies in sources.list.d. */
  readonly aptSources: readonly string[];
  /** How to become root: [] as root, ['sudo', '-n'], undefined when there is no way. */
  readonly asRoot: readonly string[] | undefined;
}

export type Plan =
  | { readonly commands: readonly (readonly string[])[] }
  /** One sentence a person can act on. */
  | { readonly missing: string };

/** What to run for the packages that are missing; pure. */
export function planOf(missing: readonly Prerequisite[], machine: Machine): Plan {
  if (missing.length === 0) return { commands: [] };
  const list = missing.map(({ name, purpose }) => `${name} (${purpose})`).join(', ');
  const isApt = machine.system === 'debian' || machine.system === 'ubuntu';
  if (!isApt) return { missing: `Missing: ${list}. Install them with this system's package manager.` };
  if (!machine.asRoot) {
    const names = missing.map(({ name }) => name).join(' ');
    return { missing: `Missing: ${list}. Run: sudo apt-get install ${names}` };
  }
  return aptPlan(
    missing.map(({ name }) => name),
    machine,
    machine.asRoot,
  );
}

function aptPlan(names: readonly string[], machine: Machine, asRoot: readonly string[]): Plan {
  const apt = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-o', 'Dpkg::Use-Pty=0'];
  const install = [...apt, 'install', '-y', '--no-install-recommends'];
  const provider = 'pkcs11-provider';
  // Debian 12 has the provider in backports only, which its own sources seldom name.
  if (machine.codename !== 'bookworm' || !names.includes(provider))
    return {
      commands: [
        [...apt, 'update'],
        [...install, ...names],
      ],
    };
  const mirror = debianMirror(machine.aptSources);
  if (!mirror)
    return {
      missing: `Missing: ${provider}, and the apt sources name no Debian mirror to take bookworm-backports from.`,
    };
  const line = `deb ${mirror.options}${mirror.url} bookworm-backports main`;
  const file = '/etc/apt/sources.list.d/bookworm-backports.list';
  const others = names.filter((name) => name !== provider);
  return {
    commands: [
      ...(machine.aptSources.some((text) => text.includes('bookworm-backports'))
        ? []
        : [[...asRoot, 'sh', '-c', 'printf "%s\\n" "$1" > "$2"', 'sh', line, file]]),
      [...apt, 'update'],
      ...(others.length > 0 ? [[...install, ...others]] : []),
      [...install, '-t', 'bookworm-backports', provider],
    ],
  };
}

/** The mirror of the machine's own `bookworm main`, in the one-line or the deb822 form, with its options. */
function debianMirror(sources: readonly string[]): { url: string; options: string } | undefined {
  for (const text of sources) {
    const line = /^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+bookworm\s+(?:.*\s)?main\b/m.exec(text);
    if (line) return { url: line[2]!, options: line[1] ?? '' };
    for (const stanza of text.split(/\n\s*\n/)) {
      const field = (name: string): string =>
        new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(stanza)?.[1]?.trim() ?? '';
      if (!/\bbookworm\b(?!-)/.test(field('Suites')) || !field('URIs')) continue;
      const key = field('Signed-By');
      return {
        url: field('URIs').split(/\s+/)[0]!,
        options: key.startsWith('/') ? `[signed-by=${key}] ` : '',
      };
    }
  }
  return undefined;
}

/**
 * Installs what is missing, then builds pkcs11js if it does not load. Answers what is still missing, in one sentence,
 * or undefined when everything is here. Never throws for a failed installation.
 */
async function installPrerequisites(say: (line: string) => void): Promise<string | undefined> {
  const missing = prerequisites.filter(({ present }) => !present());
  const plan = planOf(missing, await thisMachine());
  if ('missing' in plan) return plan.missing;
  for (const [command = '', ...args] of plan.commands) {
    say([command, ...args].join(' '));
    const problem = await finished(command, args);
    if (problem) return `${[command, ...args].join(' ')} failed: ${problem}`;
  }
  const built = await buildPkcs11();
  if (built) return built;
  const still = prerequisites.filter(({ present }) => !present());
  return still.length > 0 ? `Still missing: ${still.map(({ name }) => name).join(', ')}.` : undefined;
}

/** npm leaves an optional package out when it cannot be compiled, so that there may be nothing to rebuild. */
async function buildPkcs11(): Promise<string | undefined> {
  if (loads('pkcs11js')) return undefined;
  const root = join(import.meta.dirname, '..');
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  const args = existsSync(join(root, 'node_modules/pkcs11js'))
    ? ['rebuild', 'pkcs11js']
    : ['install', '--no-save', '--no-audit', '--no-fund', `pkcs11js@${optionalDependencies.pkcs11js}`];
  const problem = await finished('npm', ['--prefix', root, ...args]);
  if (!problem && loads('pkcs11js')) return undefined;
  // An optional package that does not compile is no failure for npm: it ends with 0 and leaves it out.
  const why = problem ?? `nothing; npm ${args.join(' ')} --loglevel verbose --foreground-scripts shows why`;
  return `pkcs11js could not be built, so the edge cannot run: npm ${args.join(' ')} says ${why}.`;
}

async function thisMachine(): Promise<Machine> {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string): string =>
    new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(release)?.[1] ?? '';
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const aptSources = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  return { system: field('ID'), codename: field('VERSION_CODENAME'), aptSources, asRoot: await wayToRoot() };
}

async function wayToRoot(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  return run('sudo', ['-n', 'true']).then(
    () => ['sudo', '-n'],
    () => undefined,
  );
}

function finished(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-500);
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : said.trim() || `exit ${code}`));
  });
}

function loads(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}

function onPath(program: string): boolean {
  // haproxy lies in sbin, which an ordinary user's PATH lacks.
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

if (import.meta.main) {
  // Never a failure of `npm test`: what needs the edge says so itself, everything else runs.
  const missing = await installPrerequisites((line) => console.log(line));
  if (missing) console.error(`WITHOUT THE EDGE. ${missing}`);
}
