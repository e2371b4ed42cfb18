/** What a person can do with the network that now runs: addresses, accounts, commands to copy. */
import { join } from 'node:path';
import { bold, columns, dim } from '../terminal.ts';
import { DEVNET_ACCOUNTS, DEVNET_BALANCE_MICRO } from './accounts.ts';
import { DEFAULT_PORTS, DEMO_API_KEY, type DevnetLayout } from './layout.ts';

/** `txid` of a request to show commands about; null when none was answered. */
export function closingWords({ options, nodeUrl, bitcoinUrl }: DevnetLayout, txid: string | null) {
  const { ports, folder, hosts } = options;
  const isUsual = ports.rpc === DEFAULT_PORTS.rpc;
  const at = isUsual ? '' : ` -I ${nodeUrl}`;
  const api = `http://127.0.0.1:${ports.api}`;
  const [deployer, wallet] = DEVNET_ACCOUNTS;
  const hostUrls = Array.from({ length: hosts }, (_, i) => `http://127.0.0.1:${ports.host + i}`);
  const bitcoinLogin = bitcoinUrl.replace('http://', 'http://devnet:devnet@');
  const client = isUsual ? '' : `, client: { baseUrl: '${api}' }`;
  const about =
    txid === null
      ? []
      : [
          `  curl ${nodeUrl}/v2/infer_result/${txid}`,
          `  npx assay verify ${txid}${at} --rescore \\\n      --genesis ${join(folder, 'genesis.json')} --bitcoin ${bitcoinLogin}`,
        ];
  return [
    bold('Endpoints'),
    columns([
      ['node RPC', nodeUrl],
      ['API for wallets', api],
      ['Bitcoin JSON-RPC', `${bitcoinUrl}  ${dim('user devnet, password devnet')}`],
      ['verify in a browser', `${nodeUrl}/verify${txid === null ? '' : `?tx=${txid}`}`],
      ['OpenAI API', `http://127.0.0.1:${ports.gateway}/v1  ${dim(`key ${DEMO_API_KEY}`)}`],
      ['hosts', hostUrls.join('  ')],
      ['logs', join(folder, 'logs')],
    ]),
    '',
    bold(
      `Accounts, ${(DEVNET_BALANCE_MICRO / 1_000_000n).toLocaleString('en-US')} STX each at the start`,
    ) +
      dim(
        '  (everybody knows their keys, `npx assay accounts` prints them: never use them elsewhere)',
      ),
    columns(DEVNET_ACCOUNTS.map(({ name, address }) => [name, address])),
    '',
    bold('Try'),
    `  npx assay infer "What is the capital of Italy?"${at}`,
    ...about,
    `  curl http://127.0.0.1:${ports.gateway}/v1/chat/completions -H "authorization: Bearer ${DEMO_API_KEY}" \\`,
    `      -d '{"model": "default", "messages": [{"role": "user", "content": "Is the Earth round?"}], "stream": true}'`,
    `  npx stx balance ${wallet!.address}${at === '' ? ` -I ${nodeUrl}` : at}`,
    `  curl ${nodeUrl}/v2/accounts/${deployer!.address}`,
    '',
    dim('  // stacks.js 7, unmodified'),
    "  import { broadcastTransaction, makeSTXTokenTransfer } from '@stacks/transactions';",
    `  const transaction = await makeSTXTokenTransfer({ recipient: '${wallet!.address}', amount: 1000000n,`,
    `    senderKey: '<key of another account>', network: 'devnet'${client} });`,
    `  await broadcastTransaction({ transaction, network: 'devnet'${client} });`,
    '',
    dim('Ctrl-C stops everything; the next start continues here (--reset begins anew).'),
  ].join('\n');
}
