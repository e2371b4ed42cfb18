/** The read routes of Esplora under `/bitcoin` (Esplora API.md), and pages for people. */
import { beforeEach, describe, expect, it } from 'vitest';
import { TestNode } from './test-node.ts';

let node: TestNode;
beforeEach(() => {
  node = new TestNode();
});

const text = async (path: string) => {
  const { status, body } = await node.request('GET', path);
  return `${status} ${new TextDecoder().decode(body)}`;
};
const hash = (height: number) => '00'.repeat(31) + height.toString(16).padStart(2, '0');

describe('Esplora', () => {
  it('tells the tip, hashes by height, blocks and headers by hash', async () => {
    expect(await text('/bitcoin/blocks/tip/height')).toBe('200 2');
    expect(await text('/bitcoin/block-height/1')).toBe(`200 ${hash(1)}`);
    expect(await text(`/bitcoin/block/${hash(2)}/header`)).toBe(`200 ${'02'.repeat(80)}`);
    const raw = await node.request('GET', `/bitcoin/block/${hash(2)}/raw`);
    expect(raw.headers['content-type']).toBe('application/octet-stream');
    expect(raw.body).toEqual(new Uint8Array(90).fill(2));
  });

  it('404 for what Bitcoin does not have, 400 for what is no hash or height', async () => {
    expect(await text('/bitcoin/block-height/3')).toBe('404 Block not found');
    expect(await text(`/bitcoin/block/${hash(9)}/raw`)).toBe('404 Block not found');
    expect(await text(`/bitcoin/block/${hash(9)}/header`)).toBe('404 Block not found');
    expect(await text('/bitcoin/block-height/x')).toMatch(/^400/);
    expect(await text('/bitcoin/block/zz/raw')).toMatch(/^400/);
  });

  it('asks the Bitcoin node once for a block', async () => {
    const path = `/bitcoin/block/${hash(1)}/raw`;
    const first = await node.request('GET', path);
    node.bitcoinBlocks.length = 0;
    expect((await node.request('GET', path)).body).toEqual(first.body);
  });

  it('503 while the Bitcoin node is away', async () => {
    Object.defineProperty(node, 'bitcoinBlocks', {
      get: () => {
        throw new Error('connection refused');
      },
    });
    expect(await text('/bitcoin/blocks/tip/height')).toMatch(/^503/);
  });
});

describe('pages', () => {
  it('are served as HTML that nobody may reinterpret', async () => {
    const page = await node.request('GET', '/verify');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['x-content-type-options']).toBe('nosniff');
  });
});
