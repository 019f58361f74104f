// The command line's entry: process in, process out. What it does is in dispatch.ts and commands/.

import { dispatch } from './dispatch.ts';
import { exitCodes } from './exit-codes.ts';
import { processTerminal } from './terminal.ts';

process.on('SIGINT', () => process.exit(exitCodes.INTERRUPTED));
process.exitCode = await dispatch(process.argv.slice(2), processTerminal());
