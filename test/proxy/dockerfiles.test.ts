import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** https://docs.docker.com/reference/dockerfile/: continued lines joined, comments out. */
function instructionsOf(file: string): readonly Instruction[] {
  const lines = readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line.trim()) ?? [];
    return { name, rest };
  });
}

describe.each(['proxy/Dockerfile', 'proxy/Dockerfile.softhsm'])('%s', (file) => {
  const instructions = instructionsOf(file);
  const named = (name: string) => instructions.filter((one) => one.name === name).map(({ rest }) => rest);
  const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));

  it('consists of instructions that Docker knows, the first of which begins a stage', () => {
    const known = 'FROM RUN ARG ENV WORKDIR COPY USER EXPOSE ENTRYPOINT VOLUME'.split(' ');
    expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
    expect(instructions[0]?.name).toBe('FROM');
  });

  it('names no image by "latest", and adds nothing from the network by ADD', () => {
    for (const image of named('FROM')) expect(image).toMatch(/^\S+:(?!latest)\S+( AS \w+)?$/);
    expect(named('ADD')).toEqual([]);
  });

  it('copies only what the project has, and no secret', () => {
    for (const rest of named('COPY').filter((one) => !one.startsWith('--from')))
      for (const source of rest.split(' ').slice(0, -1)) {
        expect(() => readFileSync(join(root, source))).not.toThrow(/ENOENT/);
        expect(source).toMatch(/^(package(-lock)?\.json|tsconfig\.json|core|adapters|proxy)$/);
      }
    expect(readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')[0]).toBe('*');
  });

  it('runs as nobody and as the process that SIGTERM reaches', () => {
    expect(lastStage.findLast(({ name }) => name === 'USER')?.rest).toMatch(/^[1-9]\d+$/);
    expect(JSON.parse(named('ENTRYPOINT')[0]!)).toEqual(['node', '/app/main.mjs']);
  });

  it('installs with locked versions, leaves no package list behind, and keeps the compiler out of what runs', () => {
    expect(named('RUN').some((run) => run.includes('npm ci'))).toBe(true);
    for (const run of named('RUN').filter((one) => /apt-get install/.test(one)))
      expect(run).toMatch(/--no-install-recommends.*rm -rf \/var\/lib\/apt\/lists/);
    const installed = lastStage.flatMap(({ name, rest }) => (name === 'RUN' ? [rest] : [])).join(' ');
    expect(installed).not.toMatch(/\b(gcc|g\+\+|make|git-core|npm)\b/);
  });

  it('bundles the entry point and the ceremony that the project has', () => {
    const [bundle] = named('RUN').filter((run) => run.includes('esbuild'));
    for (const entry of bundle!.match(/proxy\/\w+\.ts/g)!)
      expect(() => readFileSync(join(root, entry))).not.toThrow();
  });
});
