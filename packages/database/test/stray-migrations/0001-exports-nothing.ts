/** A file that forgot its `up`: it must not be passed over in silence. */
export const table = 'guest';
