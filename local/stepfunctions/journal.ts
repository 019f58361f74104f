// What has certainly happened? An append-only file of records, one line each, `crc32 SP JSON LF`; `append` resolves
// once the line is on the disk (fdatasync, several lines per sync). What the records mean is not asked here.

import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

export interface Journal {
  /** Keeps the order of calls. Rejects, then and for ever after, when the disk refuses. */
  append(record: object): Promise<void>;
  close(): Promise<void>;
}

/**
 * Reads what stands and opens for appending. A torn last line (the process died while writing) is cut off: nobody was
 * told that it happened. A damaged line with good ones after it is an Error: somebody else wrote here.
 */
export async function openJournal(file: string): Promise<{ records: object[]; journal: Journal }> {
  const handle = await open(file, 'a+');
  try {
    const bytes = await handle.readFile();
    const { records, goodBytes } = readRecords(bytes, file);
    if (goodBytes < bytes.length) {
      await handle.truncate(goodBytes);
      await handle.datasync();
    }
    return { records, journal: appendTo(handle) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function readRecords(bytes: Buffer, file: string): { records: object[]; goodBytes: number } {
  const records: object[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at);
    const record = end < 0 ? undefined : readLine(bytes.subarray(at, end));
    if (!record) {
      // With a single writer only the last batch can be torn; a good line behind a bad one is no torn batch.
      if (end >= 0 && hasGoodLine(bytes.subarray(end + 1))) {
        throw new Error(`${file} is damaged at byte ${at}; npm run reset starts anew`);
      }
      break;
    }
    records.push(record);
    at = end + 1;
  }
  return { records, goodBytes: at };
}

function hasGoodLine(bytes: Buffer): boolean {
  for (let at = 0, end = bytes.indexOf(0x0a); end >= 0; at = end + 1, end = bytes.indexOf(0x0a, at)) {
    if (readLine(bytes.subarray(at, end))) return true;
  }
  return false;
}

function readLine(line: Buffer): object | undefined {
  if (line.length < 10 || line[8] !== 0x20) return undefined;
  const json = line.subarray(9);
  if (checksum(json) !== line.subarray(0, 8).toString('latin1')) return undefined;
  return JSON.parse(json.toString('utf8')) as object;
}

function checksum(json: Buffer): string {
  return crc32(json).toString(16).padStart(8, '0');
}

function appendTo(handle: FileHandle): Journal {
  let waiting: { line: Buffer; done: () => void; failed: (error: unknown) => void }[] = [];
  let broken: unknown;
  let flushing: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (broken) throw broken;
        await handle.appendFile(Buffer.concat(batch.map((entry) => entry.line)));
        await handle.datasync();
        for (const entry of batch) entry.done();
      } catch (error) {
        broken = error;
        for (const entry of batch) entry.failed(error);
      }
    }
    flushing = undefined;
  };
  return {
    append: (record) =>
      new Promise<void>((done, failed) => {
        const json = Buffer.from(JSON.stringify(record));
        const line = Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from('\n')]);
        waiting.push({ line, done, failed });
        flushing ??= flush();
      }),
    close: async () => {
      await flushing;
      broken ??= new Error('the journal is closed');
      await handle.close();
    },
  };
}
