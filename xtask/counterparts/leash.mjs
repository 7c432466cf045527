// Runs a program for as long as somebody holds this script's standard input open.
//
//   node leash.mjs PROGRAM [ARGUMENT..]
//
// Whoever starts it keeps the other end of the pipe. When that end closes, on purpose or because the holder died in any
// way at all, the program and everything in its process group are ended. So no counterpart outlives a test run.
import { spawn } from 'node:child_process';

const [program, ...rest] = process.argv.slice(2);
const child = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

let ending = false;
function signal(name) {
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone already.
  }
}
function end() {
  if (ending) return;
  ending = true;
  signal('SIGTERM');
  setTimeout(() => signal('SIGKILL'), 2000);
}

process.stdin.on('end', end).on('close', end).on('error', end).resume();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, end);
child.on('error', (error) => {
  console.error(`${program} did not start: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code) => {
  signal('SIGKILL');
  process.exit(ending ? 0 : (code ?? 1));
});
