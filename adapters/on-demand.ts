// When does a function load what not every request needs? With its first use: what a start does not need, it does not
// read (`npm run bench -- B2`). The client of a service is made once, and its connections live as long as the process.

/** Made once, on first use; what failed is tried again by the next. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    made.catch(() => {
      made = undefined;
    });
    return made;
  };
}

/** @param make loads the client's module and makes it */
export function onDemand<Client extends { send: (command: never) => unknown }>(
  make: () => Promise<Client>,
): Pick<Client, 'send'> {
  const client = once(make);
  const send = async (command: never) => (await client()).send(command);
  return { send: send as unknown as Client['send'] };
}
