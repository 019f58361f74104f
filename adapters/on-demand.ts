// When does a function load the client of a service? With the first command it sends: what a start does not need, it
// does not read (performance, B2). The client is made once, and its connections live as long as the process.

/** @param make loads the client's module and makes it */
export function onDemand<Client extends { send: (command: never) => unknown }>(
  make: () => Promise<Client>,
): Pick<Client, 'send'> {
  let made: Promise<Client> | undefined;
  const send = async (command: never) => {
    made ??= make();
    return (await made).send(command);
  };
  return { send: send as unknown as Client['send'] };
}
