// Where do the mails of this laptop go? Into the inbox of aws-ses-v2-local (SES v2 calls, a page to read them), kept in a
// file as well: a person who is awaited must find the link after a restart. Nothing leaves the machine.

import type { Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openTable } from '../endpoints/journal.ts';
import { closeServer, portOf } from '../loopback.ts';

/** As aws-ses-v2-local keeps it. */
export interface Mail {
  readonly messageId: string;
  readonly from: string;
  readonly destination: {
    readonly to: readonly string[];
    readonly cc: readonly string[];
    readonly bcc: readonly string[];
  };
  readonly subject: string;
  readonly body: { readonly html?: string; readonly text?: string };
  /** Seconds since 1970, real time. */
  readonly at: number;
  /** Of the seeding: kept, and not on the inbox page. */
  readonly setAside?: boolean;
}

export interface MailServer {
  /** SES endpoint and inbox page. */
  readonly url: string;
  /** Oldest first. */
  inbox(): readonly Mail[];
  /** The first mail, past or future, that fits. Rejects when `signal` aborts. */
  waitFor(fits: (mail: Mail) => boolean, signal?: AbortSignal): Promise<Mail>;
  /** The inbox page begins anew; what came until now is kept. */
  setAside(): void;
  stop(): Promise<void>;
}

/** It is CommonJS with a default export, which import() sees differently in every tool. */
const load = createRequire(import.meta.url);

type Start = (config: { host: string; port: number }) => Promise<Server>;

export async function startMail(options: { dataFolder: string; port?: number }): Promise<MailServer> {
  const { default: start } = load('aws-ses-v2-local') as { default: Start };
  const store = load('aws-ses-v2-local/dist/store.js') as Store;
  const kept = openTable<Mail>(join(options.dataFolder, 'mail.jsonl'));
  const waiting = new Set<(mail: Mail) => void>();
  // One store a process: what an earlier server of this process received is not this inbox's.
  store.clearStore();
  for (const mail of kept.values()) if (!mail.setAside) store.saveEmail(mail);

  const server = await start({ host: '127.0.0.1', port: options.port ?? 0 });
  // It hears of a port that is taken and says nothing.
  if (server.address() === null) {
    throw Object.assign(new Error(`port ${options.port} is taken`), { code: 'EADDRINUSE' });
  }
  const keep = (): void => {
    for (const mail of store.getStoreReadonly().emails) {
      if (kept.get(mail.messageId)) continue;
      kept.set(mail.messageId, mail);
      for (const hear of [...waiting]) hear(mail);
    }
  };
  // Before the sender hears that the mail was taken.
  server.prependListener('request', (_, response: ServerResponse) => response.once('prefinish', keep));

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    inbox: () => [...kept.values()],
    waitFor: (fits, signal) =>
      new Promise((resolve, reject) => {
        const found = [...kept.values()].find(fits);
        if (found) return resolve(found);
        const stop = (): void => {
          waiting.delete(hear);
          reject(signal?.reason);
        };
        const hear = (mail: Mail): void => {
          if (!fits(mail)) return;
          waiting.delete(hear);
          signal?.removeEventListener('abort', stop);
          resolve(mail);
        };
        waiting.add(hear);
        signal?.addEventListener('abort', stop, { once: true });
      }),
    setAside() {
      for (const mail of kept.values()) kept.set(mail.messageId, { ...mail, setAside: true });
      store.clearStore();
    },
    async stop() {
      await closeServer(server);
      kept.close();
    },
  };
}

interface Store {
  saveEmail(mail: Mail): void;
  clearStore(): void;
  getStoreReadonly(): { readonly emails: readonly Mail[] };
}
