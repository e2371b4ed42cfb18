/**
 * `assay devnet`, what `npm start` runs: a whole network as processes on loopback, its first answer in
 * front of the user's eyes, then quiet until something happens.
 *
 * free ports? -> files -> Bitcoin -> node, signers, hosts -> first tenure -> first question -> words.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEVNET } from '@assay/params';
import { packageRoot } from '../files.ts';
import { checkFolderFree, lockFolder } from '../folder-lock.ts';
import { loadGenesis } from '../genesis-file.ts';
import { modelSource } from '../model-source.ts';
import { NodeApi } from '../node-api.ts';
import { bold, dim } from '../terminal.ts';
import { UserError } from '../user-error.ts';
import { BitcoinHeight } from './bitcoin-height.ts';
import { closingWords } from './closing-words.ts';
import { askFirstQuestion } from './first-question.ts';
import { checkPortsFree, nextFreePort, wantedPorts } from './free-ports.ts';
import {
  type DevnetLayout,
  type DevnetPorts,
  type DevnetProcess,
  HOSTS_MAX,
  layOut,
} from './layout.ts';
import { readableLogLine } from './log-line.ts';
import { Narrator } from './narrator.ts';
import { Progress } from './progress.ts';
import { Supervisor } from './supervisor.ts';
import { Watcher } from './watcher.ts';

export interface RunDevnetOptions {
  readonly folder: string;
  readonly reset: boolean;
  readonly hosts: number;
  readonly bitcoinIntervalMs: number;
  readonly modelFile: string | undefined;
  /** What hosts run the model with, and where its server is; see `assay host`. */
  readonly engine?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** Empty: nothing is asked. */
  readonly question: string;
  readonly ports: DevnetPorts;
}

const SIGNERS = 3;
/** Head start of Bitcoin and the node before the rest is started, at most. */
const HEAD_START_MS_MAX = 4_000;
/** Between looks at the chain: lively until the first answer, frugal afterwards. */
const LOOK_MS = 120;
const LOOK_QUIETLY_MS = 1_000;

function check(options: RunDevnetOptions): void {
  const { hosts, bitcoinIntervalMs, modelFile } = options;
  modelSource({ path: modelFile, engine: options.engine, baseUrl: options.baseUrl });
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > HOSTS_MAX) {
    throw new UserError(
      'cli/hosts',
      'The number of hosts is out of range.',
      `Give --hosts a number from 1 to ${HOSTS_MAX}.`,
    );
  }
  if (!Number.isFinite(bitcoinIntervalMs) || bitcoinIntervalMs < 1_000) {
    throw new UserError(
      'cli/interval',
      'The time between Bitcoin blocks is no number of seconds.',
      'Give --interval at least 1, for example --interval 10.',
    );
  }
  if (modelFile !== undefined && !existsSync(modelFile)) {
    throw new UserError(
      'cli/no-model-file',
      `The model file ${modelFile} does not exist.`,
      'Check the path, or leave --model out to use the small model.',
    );
  }
}

/** Resolves once somebody asks to stop; a second Ctrl-C calls `hasten`. */
function stopAsked(hasten: () => void): Promise<void> {
  return new Promise((done) => {
    let isAsked = false;
    const ask = () => {
      if (isAsked) hasten();
      isAsked = true;
      done();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
    process.on('SIGHUP', ask);
  });
}

export async function runDevnet(options: RunDevnetOptions): Promise<void> {
  check(options);
  const folder = resolve(options.folder);
  // The more telling of the two answers when it is this devnet that holds the ports.
  checkFolderFree(folder, 'devnet');
  const ports = { ...options.ports, gateway: await nextFreePort(options.ports.gateway) };
  await checkPortsFree(wantedPorts(ports, { signers: SIGNERS, hosts: options.hosts }));
  const unlock = lockFolder(folder, 'devnet');
  try {
    const isNew = options.reset || !existsSync(join(folder, 'genesis.json'));
    const { modelFile } = options;
    const layout = layOut(
      {
        folder,
        ports,
        signers: SIGNERS,
        hosts: options.hosts,
        bitcoinIntervalMs: options.bitcoinIntervalMs,
        modelFile: modelFile === undefined ? undefined : resolve(modelFile),
        engine: options.engine,
        baseUrl: options.baseUrl,
      },
      options.reset,
    );
    await new Devnet(layout, options.question, isNew).run();
  } finally {
    unlock();
  }
}

class Devnet {
  readonly #layout: DevnetLayout;
  readonly #question: string;
  readonly #isNew: boolean;
  readonly #progress = new Progress();
  readonly #abort = new AbortController();
  readonly #supervisor: Supervisor;
  readonly #node: NodeApi;
  readonly #watcher: Watcher;
  #isQuiet = false;
  #failure: string | null = null;

  constructor(layout: DevnetLayout, question: string, isNew: boolean) {
    this.#layout = layout;
    this.#question = question;
    this.#isNew = isNew;
    this.#node = new NodeApi(layout.nodeUrl);
    const bitcoin = new BitcoinHeight(layout.bitcoinUrl);
    const narrator = new Narrator(this.#progress, () => this.#isQuiet, SIGNERS);
    this.#watcher = new Watcher(this.#node, bitcoin, DEVNET.bootAddress, narrator);
    this.#supervisor = new Supervisor(
      join(packageRoot(), 'bin', 'assay.mjs'),
      join(layout.options.folder, 'logs'),
      { onExit: (...event) => this.#onExit(...event) },
    );
  }

  async run(): Promise<void> {
    const { folder, hosts } = this.#layout.options;
    const asked = stopAsked(() => this.#supervisor.kill());
    const how = this.#isNew ? 'a new network' : 'the network as it was left';
    this.#progress.plain(bold('Assay devnet') + dim(`  ${folder}`));
    this.#progress.say(
      'start',
      `${how}: Bitcoin regtest, 1 miner, ${SIGNERS} signers, ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`,
    );
    const { signal } = this.#abort;
    const watching = this.#watch();
    const starting = this.#start();
    const asking = this.#ask();
    await Promise.race([asked, new Promise((gone) => signal.addEventListener('abort', gone))]);
    this.#abort.abort();
    await this.#stop();
    await Promise.all([watching, starting, asking]);
    if (this.#failure !== null) {
      throw new UserError('cli/devnet-failed', this.#failure, `Look into ${join(folder, 'logs')}.`);
    }
  }

  /** Bitcoin and the node first: loading models beside them would only make everybody slower. */
  async #start(): Promise<void> {
    const { processes } = this.#layout;
    const isBase = ({ name }: DevnetProcess) => name === 'bitcoin' || name === 'node';
    for (const plan of processes.filter(isBase)) this.#supervisor.start(plan);
    const latestMs = performance.now() + HEAD_START_MS_MAX;
    while (!this.#watcher.isNodeUp && performance.now() < latestMs) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      if (this.#abort.signal.aborted) return;
    }
    for (const plan of processes) if (!isBase(plan)) this.#supervisor.start(plan);
  }

  async #watch(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      await this.#watcher.look();
      await new Promise((done) => setTimeout(done, this.#isQuiet ? LOOK_QUIETLY_MS : LOOK_MS));
    }
  }

  async #ask(): Promise<void> {
    const { options, bitcoinUrl } = this.#layout;
    let txid: string | null = null;
    try {
      if (this.#question !== '') {
        txid = await askFirstQuestion({
          node: this.#node,
          progress: this.#progress,
          genesis: loadGenesis(join(options.folder, 'genesis.json')),
          bitcoinUrl: bitcoinUrl.replace('http://', 'http://devnet:devnet@'),
          question: this.#question,
          signal: this.#abort.signal,
        });
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (this.#abort.signal.aborted) return;
      this.#progress.fail('request', `${error.message} ${error.next}`);
    }
    if (this.#abort.signal.aborted) return;
    this.#isQuiet = true;
    // Last: its database takes a while to start, and nobody should wait for it.
    this.#supervisor.start(this.#layout.gateway);
    this.#progress.plain(closingWords(this.#layout, txid));
  }

  #onExit(name: string, reason: string, lastLines: readonly string[], restarting: boolean): void {
    const then = restarting ? 'starting it again' : 'giving it up';
    this.#progress.fail(name, `ended (${reason}); ${then}. Its last lines:`);
    for (const line of lastLines) this.#progress.plain(dim(`            ${readableLogLine(line)}`));
    if (restarting) return;
    this.#failure = `${name} ended again and again (${reason}).`;
    this.#abort.abort();
  }

  async #stop(): Promise<void> {
    const startedMs = performance.now();
    this.#progress.say('stop', 'stopping hosts, signers, node and Bitcoin');
    await this.#supervisor.stop();
    const secs = ((performance.now() - startedMs) / 1_000).toFixed(1);
    const { folder } = this.#layout.options;
    this.#progress.say('stop', `all stopped in ${secs} s; the state is kept in ${folder}`);
  }
}
