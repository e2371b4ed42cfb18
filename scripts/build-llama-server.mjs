// Builds llama.cpp's server from the source that comes with node-llama-cpp, so that host and judge can
// run one and the same llama.cpp, embedded or behind HTTP. Needs git, cmake and a C++ compiler; no
// network. About 6 minutes of one core.
//
//   node scripts/build-llama-server.mjs [--to <folder>] [--work <folder>] [--jobs <n>]
//
// --to    where llama-server goes; default .cache/bin in this repository, where tests look for it
// --work  where the source is unpacked and built; default a folder for temporary files
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mustRun, root } from './setup.mjs';

const { values } = parseArgs({
  options: {
    to: { type: 'string', default: join(root, '.cache', 'bin') },
    work: { type: 'string' },
    jobs: { type: 'string', default: '1' },
  },
});
const binary = process.platform === 'win32' ? 'llama-server.exe' : 'llama-server';
const packed = join(root, 'node_modules', 'node-llama-cpp', 'llama');
const bundle = join(packed, 'gitRelease.bundle');

function stop(message, next) {
  console.error(`${message}\n${next}`);
  process.exit(1);
}

if (!existsSync(bundle)) stop('The source of llama.cpp is not here.', 'Run `npm ci` first.');
if (!/^[1-9][0-9]?$/.test(values.jobs)) stop('--jobs takes a number.', 'Try --jobs 1.');
for (const tool of ['git', 'cmake']) {
  if (spawnSync(tool, ['--version']).status !== 0) stop(`${tool} is missing.`, 'Install it.');
}

const { release } = JSON.parse(readFileSync(join(packed, 'binariesGithubRelease.json'), 'utf8'));
const work = resolve(values.work ?? join(tmpdir(), `assay-llama-server-${release}`));
const source = join(work, 'source');
const made = join(work, 'build');
const target = join(resolve(values.to), binary);

console.log(`llama.cpp ${release}: building in ${work}`);
mkdirSync(work, { recursive: true });
if (!existsSync(join(source, 'CMakeLists.txt'))) mustRun('git', ['clone', '-q', bundle, source]);
// No web page, no TLS library: a host reaches its own server over loopback.
const off = ['LLAMA_BUILD_UI', 'LLAMA_USE_PREBUILT_UI', 'LLAMA_OPENSSL', 'LLAMA_BUILD_TESTS'];
const settings = [...off, 'LLAMA_BUILD_EXAMPLES', 'BUILD_SHARED_LIBS'].map(
  (name) => `-D${name}=OFF`,
);
mustRun('cmake', ['-S', source, '-B', made, '-DCMAKE_BUILD_TYPE=Release', ...settings]);
mustRun('cmake', ['--build', made, '--target', 'llama-server', '-j', values.jobs]);

mkdirSync(resolve(values.to), { recursive: true });
const draft = `${target}.${process.pid}.tmp`;
copyFileSync(join(made, 'bin', binary), draft);
chmodSync(draft, 0o755);
renameSync(draft, target);
console.log(`${target} is ready.`);
