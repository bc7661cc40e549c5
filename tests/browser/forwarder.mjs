// One address in front of exporters that come and go, as behind a service of Kubernetes: while nobody
// is there, connections are closed.

import { connect, createServer } from 'node:net';

export async function forwarder(url) {
  const sockets = new Set();
  let behind = new URL(url);
  const kept = (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((front) => {
    kept(front);
    if (!behind) return front.destroy();
    const back = kept(connect(Number(behind.port), behind.hostname));
    back.on('close', () => front.destroy());
    front.on('close', () => back.destroy());
    return front.pipe(back).pipe(front);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    lead(url) {
      behind = url && new URL(url);
      for (const socket of sockets) socket.destroy();
    },
    end() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
