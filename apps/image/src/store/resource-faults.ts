/** What the operating system says when a file or a process cannot be had now, but could be later (security 152). */
const CODES = new Set(['EAGAIN', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EROFS']);

/** Whether work failed because the machine is out of space, memory, files or processes, so that a client may try again. */
export function isOutOfResources(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && CODES.has(error.code);
}
