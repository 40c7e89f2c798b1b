import { createPrivateKey, createPublicKey } from 'node:crypto';
import jwt from '@fastify/jwt';
import fastify from 'fastify';
import type { CreateSigner } from './domain/key-ring.ts';

/**
 * Makes the signer of one key for one kind of token: a Fastify context of its own that carries @fastify/jwt. The plugin prepares the key of its
 * registration once; a key given with each call it would parse each time, which costs twice what the signature does.
 * See docs/decisions/011-one-jwt-context-per-signing-key.md.
 */
export const createSigner: CreateSigner = async ({ kid, privateKeyPem, type }) => {
  const publicKeyPem = createPublicKey(createPrivateKey(privateKeyPem)).export({
    type: 'spki',
    format: 'pem',
  });
  const context = fastify();
  await context.register(jwt, {
    secret: { private: privateKeyPem, public: publicKeyPem },
    sign: { algorithm: 'ES256', kid, header: { alg: 'ES256', typ: type } },
  });
  await context.ready();
  return (claims) => context.jwt.sign(claims);
};
