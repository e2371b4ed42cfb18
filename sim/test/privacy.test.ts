/**
 * Prompts that are not everybody's: sealed ones, which hosts, judges and the user can open and others
 * cannot, and hash-only ones, which the node serves to the parties who sign. Source: funai.md 8.14, 8.24.
 */
import { bytesToHex, utf8FromBytes } from '@assay/bytes';
import {
  encodePrompt,
  openSealedPrompt,
  promptHash,
  sealKeyPair,
  sealPrompt,
  sealSecretOf,
  signCall,
} from '@assay/jobs';
import { DEVNET_IDS } from '@assay/wallet';
import { describe, expect, it, vi } from 'vitest';
import { SimAssay, simKey } from '../src/index.ts';

// Virtual time costs real time on a machine that is busy with other things.
vi.setConfig({ testTimeout: 180_000 });

const SECRET = 'Is my neighbour a spy?';
const { chainId } = DEVNET_IDS;

describe('a sealed request', () => {
  it('funai-8.14 funai-8.24 is answered, judged and paid; only its parties can read prompt and answer', async () => {
    const sim = await SimAssay.start({ seed: 'sealed', hosts: ['honest'] });
    const { modelId } = sim;
    await sim.pass(6_000); // Signers publish their seal keys.
    const ask = sim.alice.ask({ modelId, prompt: SECRET, privacy: 'sealed' });
    const txid = await sim.run(ask);
    const result = await sim.untilAnswered(txid);
    expect(result.status).toBe('Success');
    expect(result.verdicts.filter(({ verdict }) => verdict === 'valid')).toHaveLength(3);
    expect([result.input, result.output]).toEqual(['', '']);

    const text = await sim.run(sim.alice.readSealed(txid));
    expect(text).toMatch(/^[A-Z]/);
    await expect(sim.run(sim.bob.readSealed(txid))).rejects.toThrow(
      'the prompt is not sealed to this key',
    );
    const box = result.request!.prompt!;
    const host = sealKeyPair(sealSecretOf(simKey('host-1 operating').privateKey));
    const user = sim.alice.address;
    const opened = await openSealedPrompt(box, host, { chainId, user });
    expect(opened.ok && utf8FromBytes(opened.value.blob)).toContain(SECRET);
    // A copy of the box in somebody else's request opens for nobody.
    const copied = await openSealedPrompt(box, host, { chainId, user: sim.bob.address });
    expect(copied).toMatchObject({ ok: false, error: { code: 'jobs/sealed-otherwise' } });
    // Nothing that the node stores or shows contains a word of it.
    const shown = await sim.run(sim.bob.client.inference.result(txid));
    expect(
      JSON.stringify(shown, (_, value) => (typeof value === 'bigint' ? '' : value)),
    ).not.toMatch(/neighbour/);
    expect(sim.faults()).toEqual([]);
  });

  it('funai-8.14 that too few judges could open is refused by the host, with the weight in its words', async () => {
    const sim = await SimAssay.start({ seed: 'few judges', hosts: ['honest'] });
    const { modelId } = sim;
    await sim.pass(6_000);
    const host = sealKeyPair(sealSecretOf(simKey('host-1 operating').privateKey)).publicKey;
    const judge = sealKeyPair(sealSecretOf(simKey('signer-1').privateKey)).publicKey;
    const blob = encodePrompt({ context: '', prompt: SECRET });
    const user = sim.alice.address;
    const random = (size: number) => sim.net.world('dice').random.bytes(size);
    const { box } = await sealPrompt(blob, [host, judge], { chainId, user }, random);
    const ask = sim.alice.ask({ modelId, prompt: SECRET, privacy: 'sealed', box });
    await sim.untilMined(await sim.run(ask));
    const given = () => sim.logs.entries.find(({ message }) => message === 'request given up');
    await sim.until(() => given() !== undefined, 'the host gives up');
    expect(JSON.stringify(given()!.fields)).toContain(
      'sealed to signers of 1 of 3 weight; 70 % must be able to judge',
    );
    expect(sim.faults()).toEqual([]);
  });
});

it('funai-8.24 a hash-only request is answered, and its prompt and answer are for those who sign', async () => {
  const sim = await SimAssay.start({ seed: 'hash-only', hosts: ['honest'] });
  const { modelId } = sim;
  const txid = await sim.run(sim.alice.ask({ modelId, prompt: SECRET, privacy: 'hash-only' }));
  const result = await sim.untilAnswered(txid);
  expect(result.status).toBe('Success');
  expect([result.input, result.output, result.request!.prompt]).toEqual(['', '', null]);
  const nowSecs = () => Math.floor(sim.net.nowMs / 1000);
  const as = (name: string) => (path: string) =>
    signCall({ path, body: new Uint8Array(0) }, nowSecs(), simKey(name).privateKey);
  const own = await sim.run(sim.alice.client.inference.result(txid, as('alice')));
  expect(own.input).toBe(SECRET);
  expect(own.output.length).toBeGreaterThan(0);
  const other = await sim.run(sim.bob.client.inference.result(txid, as('bob')));
  expect([other.input, other.output]).toEqual(['', '']);
  const hash = promptHash(encodePrompt({ context: '', prompt: SECRET }));
  const fetch = (name: string) => sim.run(sim.bob.client.inference.content(hash, as(name)));
  expect(await fetch('signer-1')).not.toBeNull();
  await expect(fetch('bob')).rejects.toThrow('403');
  const transcript = String(result.receipt!.transcript_hash);
  const atHost = (name: string) => {
    const path = `/transcripts/${transcript}`;
    const url = `${result.request!.executorEndpoint}${path}`;
    return sim.run(sim.net.world('stranger').net.fetch(url, { headers: as(name)(path) }));
  };
  expect((await atHost('signer-2')).status).toBe(200);
  expect((await atHost('bob')).status).toBe(403);
  expect(bytesToHex(hash)).toHaveLength(64);
  expect(sim.faults()).toEqual([]);
});
