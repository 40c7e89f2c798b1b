/** As package managers start a script: runs the program that is named, by way of a shell that waits for it. */
import { spawn } from 'node:child_process';
import process, { argv, execPath, pid, stdout } from 'node:process';

stdout.write(`starts ${pid}\n`);
const shell = spawn('/bin/sh', ['-c', '"$@"; exit $?', 'sh', execPath, ...argv.slice(2)], {
  stdio: 'inherit',
});
shell.once('exit', (code) => (process.exitCode = code ?? 1));
