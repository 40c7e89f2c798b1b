/** What an app makes of this environment: `read-settings.ts APP` prints the names it looked for, and the faults it found. */
import process, { argv, stdout } from 'node:process';

const [, , app = ''] = argv;
const looked = new Set<string>();
process.env = new Proxy(process.env, {
  get(target, name: string) {
    looked.add(name);
    return target[name];
  },
});

const { readSettings } = (await import(`../../apps/${app}/src/config.ts`)) as {
  readSettings: (env: object) => unknown;
};
let faults: readonly string[] = [];
try {
  readSettings(process.env);
} catch (error) {
  ({ faults = [String(error)] } = error as { faults?: readonly string[] });
}
stdout.write(JSON.stringify({ looked: [...looked], faults }));
