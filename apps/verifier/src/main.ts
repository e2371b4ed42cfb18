/**
 * The page: reads the form (or the address: `?tx=…&node=…&bitcoin=…`), runs the checks of the proof
 * room and shows them as they are done. Strangers' texts enter the document as text only.
 */
import { genesisNetwork, parseGenesis } from '@assay/chainstate';
import {
  type Check,
  esploraSource,
  formatStx,
  httpSource,
  type ProvenAnswer,
  type TrustedNetwork,
  type VerifyReport,
  verifyAnswer,
} from '@assay/proof';
import { type Claims, drawTokens } from './plot.ts';

const GENESIS_BYTES_MAX = 4 * 1024 * 1024;

function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function make(tag: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

const form = byId<HTMLFormElement>('form');
const field = (id: string) => byId<HTMLInputElement>(id);

function readAddress(): boolean {
  const given = new URLSearchParams(location.search);
  const own = location.protocol.startsWith('http') ? location.origin : 'http://127.0.0.1:20443';
  field('txid').value = given.get('tx') ?? '';
  field('node').value = given.get('node') ?? own;
  field('bitcoin').value = given.get('bitcoin') ?? '';
  return given.has('tx');
}

async function readGenesis(): Promise<TrustedNetwork | undefined> {
  const file = field('genesis').files?.[0];
  if (file === undefined) return undefined;
  if (file.size > GENESIS_BYTES_MAX)
    throw new Error(`${file.name} is too large for a genesis file`);
  const parsed = parseGenesis(await file.text());
  if (!parsed.ok) throw new Error(`${file.name}: ${parsed.error.message}`);
  return { network: genesisNetwork(parsed.value), signers: parsed.value.signers };
}

function showVerdict(className: string, title: string, text: string): void {
  const box = byId('verdict');
  box.className = className;
  box.hidden = false;
  box.replaceChildren(title, make('p', text));
}

function addCheck({ what, ok, detail }: Check): void {
  const [word, className] =
    ok === null ? ['not checked', 'open'] : ok ? ['ok', 'ok'] : ['FAILED', 'failed'];
  const item = document.createElement('li');
  item.append(make('span', word, className), make('span', what));
  if (detail !== '') item.append(make('span', detail, 'detail'));
  byId('list').append(item);
  byId('checks').hidden = false;
}

function showAnswer(answer: ProvenAnswer): void {
  byId('text').textContent = answer.transcript?.text ?? 'Nobody keeps the text any more.';
  const facts: readonly (readonly [string, string])[] = [
    ['model', answer.model],
    ['host', answer.host],
    ['paid', formatStx(answer.paidMicro)],
    ['settled in block', String(answer.blockHeight)],
    ['settlement', answer.settlementTxid],
    ['elected in Bitcoin', `${answer.burnHeight}  ${answer.burnHash}`],
  ];
  byId('facts').replaceChildren(
    ...facts.flatMap(([name, value]) => [make('dt', name), make('dd', value)]),
  );
  byId('answer').hidden = false;
  if (answer.transcript?.claimedLogprobs.length) showTokens(answer.transcript);
}

function findingsOf({ judges }: Claims) {
  return judges.map(({ signer, logprobs }) => ({ judge: `signer ${signer}`, logprobs }));
}

function showTokens(claims: Claims): void {
  byId('tokens-note').textContent =
    'A dot is the probability that the host claims for the token it drew. Rings are what signers found with their own ' +
    'models, fixed before the host showed its claims; --rescore on the command line does the same on your machine.';
  const percent = (logprob: number) => `${(100 * Math.exp(logprob)).toFixed(1)} %`;
  byId('plot').replaceChildren(
    drawTokens(claims, findingsOf(claims), (i) => {
      const apart = claims.judges.map((one) => `${one.apart[i]} (signer ${one.signer})`).join(', ');
      byId('token').textContent =
        `token ${i + 1}, id ${claims.tokenIds[i]}: claimed ${percent(claims.claimedLogprobs[i]!)}` +
        (apart === ''
          ? ''
          : `; codes between host and signers, of 256, for the four likeliest: ${apart}`);
    }),
  );
  byId('tokens').hidden = false;
}

function conclude({ ok, checks }: VerifyReport): void {
  const count = (wanted: boolean | null) => checks.filter((check) => check.ok === wanted).length;
  const open = count(null) === 0 ? '' : `, ${count(null)} not checked`;
  if (ok) {
    showVerdict('good', 'Verified', `${count(true)} checks hold${open}.`);
    return;
  }
  const failed = checks.filter((check) => check.ok === false).map(({ what }) => what);
  showVerdict('bad', 'Not verified', `Failed: ${failed.join('; ')}${open}.`);
}

async function run(): Promise<void> {
  const node = httpSource(field('node').value.trim());
  const bitcoin = field('bitcoin').value.trim() || `${field('node').value.trim()}/bitcoin`;
  const txid = field('txid').value.trim().replace(/^0x/, '').toLowerCase();
  byId('list').replaceChildren();
  for (const id of ['answer', 'tokens', 'checks']) byId(id).hidden = true;
  byId('command').textContent = `npx assay verify ${txid}`;
  showVerdict('', 'Checking', 'from the request to Bitcoin');
  const report = await verifyAnswer(node, txid, {
    trusted: await readGenesis(),
    bitcoin: esploraSource(bitcoin.replace(/\/+$/, '')),
    onCheck: addCheck,
  });
  if (report.answer !== null) showAnswer(report.answer);
  conclude(report);
}

async function submit(): Promise<void> {
  const button = byId<HTMLButtonElement>('go');
  button.disabled = true;
  try {
    await run();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    showVerdict('bad', 'Could not check', `${text}. Is the address right, and does the node run?`);
  } finally {
    button.disabled = false;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
if (readAddress()) submit();
