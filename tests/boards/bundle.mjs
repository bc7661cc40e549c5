// Makes one script of panels/, with Grafana's components in it, and serves it.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

import { build } from 'esbuild';

const here = import.meta.dirname;
const PAGE = `<!doctype html><meta charset=utf-8><title>boards</title><link rel=stylesheet href=/index.css>
<style>body { margin: 0 } .cut { overflow: hidden; white-space: nowrap; text-overflow: ellipsis }</style>
<div id=board></div><script type=module src=/index.js></script>`;
const TYPES = { '': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };

/** Bundles into `outdir`. */
export async function bundle(outdir) {
  await build({
    entryPoints: [join(here, 'panels/index.jsx')],
    outdir,
    bundle: true,
    format: 'esm',
    // What Grafana loads only when it is needed stays by itself.
    splitting: true,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.svg': 'file' },
    assetNames: '[name]',
    logLevel: 'error',
  });
}

/** Serves the page, the script of `outdir`, and Grafana's icons on loopback; its address. */
export async function serve(outdir) {
  const icons = join(here, 'node_modules/@grafana/ui/dist/public/img/icons');
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    const icon = /^\/public\/build\/img\/icons\/(.+)$/.exec(path);
    try {
      const body = path === '/' ? PAGE : await readFile(icon ? join(icons, icon[1]) : join(outdir, path));
      response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
