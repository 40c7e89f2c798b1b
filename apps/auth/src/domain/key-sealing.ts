import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Seals private keys for storage; what is sealed under one key id opens under no other. */
export interface KeySealing {
  seal(kid: string, privateKeyPem: string): Buffer;
  /** @throws when the sealed bytes were made under another key or for another key id, or were changed */
  open(kid: string, sealed: Buffer): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM with the key id as associated data; nonce ‖ tag ‖ ciphertext. */
export function createKeySealing(encryptionKey: Buffer): KeySealing {
  return {
    seal(kid, privateKeyPem) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce).setAAD(Buffer.from(kid));
      const ciphertext = Buffer.concat([cipher.update(privateKeyPem, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
    },
    open(kid, sealed) {
      const decipher = createDecipheriv('aes-256-gcm', encryptionKey, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(kid));
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const ciphertext = sealed.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
    },
  };
}
