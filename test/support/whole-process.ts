// A network in a process of its own, so that a test can kill it: node test/support/whole-process.ts <task> <folder> <ports>.
// `enrol` goes as far as the mail to the apoderado, `resume` starts on the same folder and follows the mailed link.
// Each says one line of JSON when it got there, and stays until it is stopped or killed.

import { startWhole } from '../../local/start.ts';
import { Network } from './whole.ts';

interface Enrolling {
  readonly link: string;
  readonly code: string;
  readonly id: string;
  readonly thumbprint: string;
}

const [task, dataFolder = '', ports = '', enrolling = ''] = process.argv.slice(2);
const whole = await startWhole({ dataFolder, buildFolder: '.cache/e2e', ports: JSON.parse(ports) });
const stop = async () => {
  await whole.stop();
  process.exit(0);
};
process.once('SIGINT', stop);
const net = new Network(whole, dataFolder);
const participant = whole.seed.participants[0]!;

async function enrol(): Promise<Enrolling> {
  const { holding, id, code } = await net.submit(participant);
  await net.decide('network', participant.officer, code);
  const link = await net.taskLink('operator', participant.apoderado);
  return { link, code, id, thumbprint: holding.thumbprint };
}

async function resume({ link, code, thumbprint }: Enrolling): Promise<object> {
  const { status } = await net.persona(participant.apoderado, 'operator').decide(link, 'confirm', code);
  const state = async (node: 'network' | 'operator') =>
    (await net.get(node, participant, `/v1/certificates/${thumbprint}`)).body.network_status;
  for (const node of ['network', 'operator'] as const) await net.until(() => state(node), 'active');
  return { status, network: await state('network'), operator: await state('operator') };
}

const said = task === 'enrol' ? await enrol() : await resume(JSON.parse(enrolling) as Enrolling);
console.log(JSON.stringify(said));
