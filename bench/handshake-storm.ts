// Full TLS 1.3 handshakes from a thread of their own, so that who asks beside them measures the edge and not the client.
// Each connection ends when its handshake is done; so many are under way at a time.

import { once } from 'node:events';
import { connect } from 'node:tls';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface Storm {
  readonly port: number;
  readonly ca: string;
  readonly name: string;
  readonly atOnce: number;
  /** Ends after so many handshakes, or milliseconds. */
  readonly handshakes?: number;
  readonly milliseconds?: number;
}

/** Handshakes a second. */
export async function handshakeStorm(storm: Storm): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: storm });
  const [rate] = await once(worker, 'message');
  await worker.terminate();
  return rate as number;
}

async function rage({ atOnce, handshakes = Number.POSITIVE_INFINITY, milliseconds, ...to }: Storm) {
  const began = performance.now();
  const until = began + (milliseconds ?? Number.POSITIVE_INFINITY);
  let done = 0;
  const one = async () => {
    while (done < handshakes && performance.now() < until) {
      const socket = connect({ host: '127.0.0.1', port: to.port, ca: to.ca, servername: to.name });
      await once(socket, 'secureConnect');
      socket.destroy();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return (done * 1000) / (performance.now() - began);
}

if (!isMainThread) parentPort?.postMessage(await rage(workerData as Storm));
