/** For `.catch`: a file or folder that is not there is `undefined`, everything else is thrown on. */
export function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
