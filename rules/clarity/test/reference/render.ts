/** docs/clarity.md from the language's own description: examples are run, their values written. */
import { clarityValueToString } from '@assay/clarity-value';
import { COST_ROWS, type CostName } from '../../src/costs/costs.table.ts';
import {
  type ClarityVersion,
  ClarityVm,
  CostMeter,
  MemoryBlockInfo,
  MemoryClarityDb,
  mintStx,
  UNLIMITED,
} from '../../src/index.ts';
import { versionsOf } from '../../src/names.ts';
import { REFERENCE, type ReferenceChapter, type WordReference } from '../../src/reference/index.ts';

const ISSUER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const OTHER = `
(define-trait doubler ((double-it (uint) (response uint uint))))
(define-read-only (double (n uint)) (* n u2))
(define-public (double-it (n uint)) (ok (* n u2)))`;

function blockInfo(): MemoryBlockInfo {
  const info = new MemoryBlockInfo();
  Object.assign(info, { stacksHeight: 10, tenureHeight: 4, burnHeight: 20 });
  const hash = new Uint8Array(32).fill(7);
  info.blocks.set(3, { idHeaderHash: hash, headerHash: hash, timeSecs: 1_700_000_030n });
  info.tenures.set(3, {
    burnHeaderHash: hash,
    minerAddress: ISSUER,
    timeSecs: 1_700_000_000n,
    vrfSeed: hash,
    blockRewardMicro: null,
    minerSpendTotalSats: 20_000n,
    minerSpendWinnerSats: 10_000n,
  });
  return info;
}

/** The value of an example as text. @throws Error it does not run */
export function runExample(entry: WordReference): string {
  const clarityVersion = versionsOf(entry.name)![1] as ClarityVersion;
  const db = new MemoryClarityDb();
  mintStx(db, ISSUER, 1_000_000n, 1);
  mintStx(db, `${ISSUER}.example`, 1_000n, 1);
  const vm = new ClarityVm({ db, info: blockInfo(), meter: new CostMeter(UNLIMITED) });
  const deploy = (name: string, source: string, version: ClarityVersion) => {
    const out = vm.deploy({ contractId: `${ISSUER}.${name}`, source, clarityVersion: version });
    if (!out.ok) throw new Error(`${entry.name}: ${out.error.error.message}`);
  };
  deploy('other', OTHER, 5);
  const source = `${entry.setup}\n(define-private (the-example) ${entry.example})`;
  deploy('example', source, clarityVersion);
  const out = vm.callPrivateAsSystem({
    contractId: `${ISSUER}.example`,
    functionName: 'the-example',
    args: [],
    sender: ISSUER,
  });
  if (!out.ok) throw new Error(`${entry.name}: ${out.error.error.name}`);
  return clarityValueToString(out.value.result);
}

function versionText(name: string): string {
  const [first, last] = versionsOf(name)!;
  if (last < 5) return first === last ? `Clarity ${first}` : `Clarity ${first} to ${last}`;
  return first === 1 ? 'all versions' : `Clarity ${first} and later`;
}

const number = (n: number) => n.toLocaleString('en');

function runtimeText([shape, a, b]: (typeof COST_ROWS)[CostName]): string {
  const factor = a === 1 ? '' : `${number(a)} `;
  const plus = ` + ${number(b)}`;
  if (shape === 'c') return number(b);
  if (shape === 'l') return `${factor}n${plus}`;
  return `${factor}n log2 n${plus}`;
}

const lengthText = ([a, b]: readonly [number, number]) =>
  a === 0 ? number(b) : `n${b === 0 ? '' : ` + ${b}`}`;

function costText(name: CostName): string {
  const row = COST_ROWS[name] as readonly unknown[];
  const parts = [`run time ${runtimeText(COST_ROWS[name])}`];
  const [writeLength, writes, readLength, reads] = row.slice(3) as [
    (readonly [number, number])?,
    number?,
    (readonly [number, number])?,
    number?,
  ];
  if ((writes ?? 0) > 0) parts.push(`writes ${writes} (${lengthText(writeLength!)} bytes)`);
  if ((reads ?? 0) > 0) parts.push(`reads ${reads} (${lengthText(readLength ?? [0, 0])} bytes)`);
  return `\`${name}\`: ${parts.join(', ')}`;
}

const anchor = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^a-z ]/g, '')
    .replaceAll(' ', '-');

function renderWord(entry: WordReference, chapter: ReferenceChapter): string {
  const lines = [`### \`${entry.name}\``, '', `\`${entry.form}\` · ${versionText(entry.name)}`, ''];
  lines.push(entry.about, '');
  if (entry.rule !== '') lines.push(`- Type rule: ${entry.rule}`);
  if (entry.cost.length > 0) {
    const per = entry.per === '' || entry.per === '1' ? '' : `; n: ${entry.per}`;
    lines.push(`- Cost: ${entry.cost.map(costText).join('; ')}${per}`);
  }
  lines.push(`- Source: ${chapter.source}`, '');
  if (entry.example !== '') {
    const setup = entry.setup === '' ? '' : `${entry.setup}\n`;
    lines.push('```clarity', `${setup}${entry.example}`, `;; ${runExample(entry)}`, '```', '');
  }
  return lines.join('\n');
}

const HEAD = `# The words of Clarity

Every definition form, keyword and native function of Clarity 1 to 5 under the rules of epoch 3.4:
how it is written, what the type checker demands, what it costs, and an example with its value.
Made from \`rules/clarity/src/reference\` by \`npx vitest run rules/clarity/test/reference.test.ts
--update\`; the same test runs every example and fails when this page is stale.

In forms, \`A\` and \`E\` are any types and \`...\` means one or more. Costs are those of the call itself,
beside its arguments; every call of a function also costs \`lookupFunction\`, every name that is read
\`lookupVariableDepth\` and \`lookupVariableSize\`. Examples run in a contract beside one named
\`.other\`, whose sender owns 1,000,000 micro-STX. Sources are files below stacks-core's
\`clarity/src/vm\`.
`;

export function renderReference(): string {
  const contents = REFERENCE.map(({ title, words }) => {
    const names = words.map(({ name }) => `\`${name}\``).join(' ');
    return `- [${title}](#${anchor(title)}): ${names}`;
  });
  const chapters = REFERENCE.map((chapter) => {
    const words = chapter.words.map((entry) => renderWord(entry, chapter));
    return `## ${chapter.title}\n\n${words.join('\n')}`;
  });
  return `${HEAD}\n${contents.join('\n')}\n\n${chapters.join('\n')}`.trimEnd().concat('\n');
}
