// oidc-provider, a certified OpenID provider, on Okta's paths: what it does is its own, and the
// tests hold the exporter against it. Only where things are and who its clients are is said here.
//
//   node server.mjs DIRECTORY [PORT]
//
// It writes its clients' private keys to DIRECTORY (rsa.pem, ec.pem) and says `listening on URL` on
// standard error. POST /-/rotate signs with a new key; the last two are published. POST /-/hold leaves
// the next request without an answer, and is answered itself once that one is under way.

import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from 'jose';
import Provider from 'oidc-provider';

const [directory, port = '0'] = process.argv.slice(2);
const SCOPES = 'okta.users.read okta.logs.read';
const KEYS = { rsa: ['rsa', { modulusLength: 2048 }], ec: ['ec', { namedCurve: 'P-256' }] };

/** A client's public key; its private one is written down, and found again after a restart. */
function clientKey(name) {
  const pem = join(directory, `${name}.pem`);
  const jwk = join(directory, `${name}.jwk`);
  if (!existsSync(jwk)) {
    const { privateKey, publicKey } = generateKeyPairSync(...KEYS[name]);
    writeFileSync(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(jwk, JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: name }));
  }
  return JSON.parse(readFileSync(jwk));
}

/** A service app as Okta makes one today: its key signs its assertions, and its tokens are bound. */
function app(name) {
  return {
    client_id: name,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: SCOPES,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [clientKey(name)] },
    dpop_bound_access_tokens: true,
  };
}

/** A client with a secret, which mints plain tokens, introspects and revokes. */
const watcher = {
  client_id: 'watcher',
  client_secret: 'watchers-s3cr3t',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: SCOPES,
};

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: `signing-${(made += 1)}`, use: 'sig', alg: 'RS256' };
}

let made = 0;
let signing = [signingKey()];
const clients = [app('rsa'), app('ec'), watcher];
const nonceSecret = Buffer.alloc(32, 7);
let provider;

/** The provider with the signing keys of now; its tokens are kept outside of it, in its own store. */
function provide(issuer) {
  provider = new Provider(issuer, {
    clients,
    jwks: { keys: signing },
    scopes: SCOPES.split(' '),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret, requireNonce: () => true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    routes: {
      authorization: '/oauth2/v1/authorize',
      introspection: '/oauth2/v1/introspect',
      jwks: '/oauth2/v1/keys',
      revocation: '/oauth2/v1/revoke',
      token: '/oauth2/v1/token',
    },
  });
  const answer = provider.callback();
  return (request, response) => answer(request, response);
}

/** A resource that takes bound tokens only, with a proof by the right key for this very request. */
async function users(issuer, request, response) {
  const refuse = (status, error) => {
    response.setHeader('WWW-Authenticate', `DPoP algs="ES256", error="${error}"`);
    response.writeHead(status).end();
  };
  const [scheme, value] = (request.headers.authorization ?? '').split(' ');
  const token = value && (await provider.ClientCredentials.find(value));
  if (scheme !== 'DPoP' || !token) return refuse(401, 'invalid_token');
  if (!token.scope.split(' ').includes('okta.users.read')) return refuse(403, 'insufficient_scope');
  try {
    const options = { typ: 'dpop+jwt', maxTokenAge: '5m' };
    const { payload, protectedHeader } = await jwtVerify(request.headers.dpop, EmbeddedJWK, options);
    const bound = (await calculateJwkThumbprint(protectedHeader.jwk)) === token.jkt;
    const hash = createHash('sha256').update(value).digest('base64url');
    const right = payload.htm === 'GET' && payload.htu === `${issuer}/api/v1/users`;
    if (!bound || !right || payload.ath !== hash || !payload.jti) throw new Error('another proof');
  } catch {
    return refuse(401, 'invalid_dpop_proof');
  }
  response.setHeader('Content-Type', 'application/json');
  return response.end('[]');
}

const server = createServer();
server.listen(Number(port), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let answer = provide(issuer);
  let held;
  server.on('request', (request, response) => {
    const path = request.url.split('?')[0];
    if (path === '/-/rotate') {
      signing = [signingKey(), signing[0]];
      answer = provide(issuer);
      response.writeHead(204).end();
    } else if (path === '/-/hold') {
      held = () => response.writeHead(204).end();
    } else if (held) {
      held();
      held = undefined;
    } else if (path === '/api/v1/users') {
      users(issuer, request, response);
    } else {
      answer(request, response);
    }
  });
  console.error(`listening on ${issuer}`);
});
