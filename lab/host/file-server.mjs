// Serves folders of this machine to the hosts of one lab: GET and HEAD of plain files, an index of links for folders.
// Usage: file-server.mjs ADDRESS PORT PREFIX=FOLDER...     (the longest prefix that fits wins; '' is the root)
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [address, port, ...pairs] = process.argv.slice(2);
const roots = pairs
  .map((pair) => ({ prefix: pair.slice(0, pair.indexOf('=')), folder: pair.slice(pair.indexOf('=') + 1) }))
  .sort((a, b) => b.prefix.length - a.prefix.length);

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    const status =
      typeof error?.status === 'number'
        ? error.status
        : error?.code === 'ENOENT' || error?.code === 'ENOTDIR'
          ? 404
          : 500;
    if (response.headersSent) response.destroy();
    else response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
    if (status >= 500) console.error(new Date().toISOString(), request.url, error);
  });
});
server.listen(Number(port), address, () => console.log(`listening on ${address}:${port}`));
for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });

async function answer(request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw refusal(405);
  const file = await find(decode(request.url.split('?')[0]));
  const info = await stat(file);
  if (info.isDirectory()) {
    if (!request.url.split('?')[0].endsWith('/'))
      return response.writeHead(301, { location: `${request.url.split('?')[0]}/` }).end();
    const body = await index(file);
    return response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(request.method === 'HEAD' ? '' : body);
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': info.size,
    'last-modified': info.mtime.toUTCString(),
  });
  if (request.method === 'HEAD') return response.end();
  return pipeline(createReadStream(file), response);
}

async function find(path) {
  if (path.includes('\0') || path.split('/').includes('..')) throw refusal(403);
  const root = roots.find(
    ({ prefix }) => prefix === '' || path === `/${prefix}` || path.startsWith(`/${prefix}/`),
  );
  if (!root) throw refusal(404);
  const folder = await realpath(root.folder);
  const file = await realpath(join(folder, path.slice(root.prefix === '' ? 0 : root.prefix.length + 1)));
  // A link may not lead out of its folder either.
  if (file !== folder && !file.startsWith(folder + sep)) throw refusal(403);
  return file;
}

async function index(folder) {
  const names = (await readdir(folder, { withFileTypes: true })).map(
    (e) => e.name + (e.isDirectory() ? '/' : ''),
  );
  const links = names
    .sort()
    .map((name) => `<a href="${encodeURIComponent(name).replace(/%2F$/, '/')}">${escape(name)}</a><br>`);
  return `<!DOCTYPE html>\n<html><body>\n${links.join('\n')}\n</body></html>\n`;
}

function decode(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refusal(400);
  }
}

function escape(text) {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function refusal(status) {
  return Object.assign(new Error(String(status)), { status });
}
