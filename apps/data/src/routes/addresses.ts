import type { Principal } from '@roomkey/resource-server';
import type { CollectionAddress, DocumentAddress, User } from '../domain/documents.ts';

interface AddressedRequest<Params> {
  readonly principal: Principal;
  readonly params: Params;
}

export const COLLECTION = '/collections/:collection/documents';
export const DOCUMENT = `${COLLECTION}/:id`;

export function userOf({ issuer, subject }: Principal): User {
  return { issuer, subject };
}

export function collectionAddress({
  principal,
  params,
}: AddressedRequest<{ collection: string }>): CollectionAddress {
  return { owner: userOf(principal), collection: params.collection };
}

export function documentAddress(
  request: AddressedRequest<{ collection: string; id: string }>,
): DocumentAddress {
  return { ...collectionAddress(request), id: request.params.id };
}
