// Makes the page: one HTML file with its script and style inside, named by their hashes in its own
// content security policy, so that it works from a node, from a disk and from anywhere else.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'src');
const hashOf = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** @returns the page as text */
export async function buildPage() {
  const { build } = await import('esbuild');
  const bundle = await build({
    entryPoints: [join(folder, 'main.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    loader: { '.clar': 'empty' },
    define: { 'import.meta.url': '""' },
    write: false,
    logLevel: 'warning',
  });
  // A closing tag inside the script would end it early.
  const script = bundle.outputFiles[0].text.replaceAll('</script', '<\\/script');
  const style = readFileSync(join(folder, 'page.css'), 'utf8');
  const parts = {
    SCRIPT: script,
    STYLE: style,
    SCRIPT_HASH: hashOf(script),
    STYLE_HASH: hashOf(style),
  };
  const html = readFileSync(join(folder, 'page.html'), 'utf8');
  return html.replace(/\/\*%(\w+)%\*\/|%(\w+)%/g, (_, inside, word) => parts[inside ?? word]);
}
