// A process that dies at its n-th await. Every call to a wrapped port is two places to die: before it does anything,
// and after it has done it, with the answer lost. A dead process does nothing more: its calls never come back.

export interface DoomedProcess {
  wrap<T extends object>(port: T): T;
  /** Runs until done or dead. */
  run(work: () => Promise<unknown>): Promise<'DONE' | 'KILLED'>;
}

/** @param killAt 1 for the first place; a process with fewer places than that lives. */
function doomedProcess(killAt: number): DoomedProcess {
  let places = 0;
  let dead = false;
  let die = () => {};
  const death = new Promise<'KILLED'>((resolve) => {
    die = () => {
      dead = true;
      resolve('KILLED');
    };
  });
  const never = new Promise<never>(() => {});
  const place = async () => {
    if (!dead && ++places === killAt) die();
    if (dead) await never;
  };
  return {
    wrap: (port) =>
      new Proxy(port, {
        get(target, name, receiver) {
          const member: unknown = Reflect.get(target, name, receiver);
          if (typeof member !== 'function' || member.constructor.name !== 'AsyncFunction') return member;
          return async (...args: unknown[]) => {
            await place();
            const answer: unknown = await (member as (...args: unknown[]) => Promise<unknown>).apply(
              target,
              args,
            );
            await place();
            return answer;
          };
        },
      }),
    run: (work) => Promise.race([death, work().then(() => 'DONE' as const)]),
  };
}

/**
 * Plays a story once for every place where its process can die, and once to its end.
 * @returns how many places there were.
 */
export async function atEveryAwait(
  story: (process: DoomedProcess) => Promise<'DONE' | 'KILLED'>,
): Promise<number> {
  for (let killAt = 1; ; killAt++) {
    if ((await story(doomedProcess(killAt))) === 'DONE') return killAt - 1;
    if (killAt > 500) throw new Error('the story does not end');
  }
}
