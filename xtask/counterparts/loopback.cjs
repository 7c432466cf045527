// Preloaded into Node servers (`node --require`): a server that names no host listens on 127.0.0.1, not on every interface.
const { Server } = require('node:net');

const HOST = '127.0.0.1';
const listen = Server.prototype.listen;

function isPort(value) {
  return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
}

Server.prototype.listen = function (first, ...rest) {
  if (isPort(first) && typeof rest[0] !== 'string') {
    const others = rest.filter((argument) => argument !== undefined && argument !== null);
    return listen.call(this, first, HOST, ...others);
  }
  if (first && typeof first === 'object' && first.port !== undefined && !first.host) {
    return listen.call(this, { ...first, host: HOST }, ...rest);
  }
  return listen.call(this, first, ...rest);
};
