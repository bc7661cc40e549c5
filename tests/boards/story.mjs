// The demo, and a Prometheus with our rules that scrapes it, for as long as somebody looks.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts both, until this process ends; the address of Prometheus. */
export async function tell({ exporter, rules, scrape }) {
  const directory = mkdtempSync(join(tmpdir(), 'boards-'));
  const started = [];
  const end = () => {
    for (const child of started) child.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  // However this process ends, neither goes on.
  process.once('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const start = (program, args, line) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    started.push(child);
    return heard(child, program, line);
  };
  const open = await start(exporter, ['demo', '--web.listen-address=127.0.0.1:0'], /scrape +http:\/\/([^/\s]+)/);
  const configuration = join(directory, 'prometheus.yml');
  writeFileSync(
    configuration,
    JSON.stringify({
      global: { scrape_interval: `${scrape}s`, scrape_timeout: `${scrape}s`, evaluation_interval: `${scrape}s` },
      rule_files: [join(rules, 'okta.*.yml')],
      scrape_configs: [{ job_name: 'okta', static_configs: [{ targets: [open] }] }],
    }),
  );
  const address = await start(
    'prometheus',
    [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    /Listening on.*address=([\d.:]+)/i,
  );
  return `http://${address}`;
}

/** What `line` captures of what a program says, once it says it. */
function heard(child, program, line) {
  return new Promise((resolve, reject) => {
    let said = '';
    child.on('error', (error) => reject(new Error(`${program}: ${error.message}`)));
    child.on('exit', (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
    child.stderr.setEncoding('utf8').on('data', (data) => {
      said = (said + data).slice(-10_000);
      const found = line.exec(said);
      if (found) resolve(found[1]);
    });
  });
}
