import fp from 'fastify-plugin';

/**
 * An answer that comes before its request has arrived whole (too large, of a wrong type): what is still coming is read and
 * thrown away. Closing on unread bytes would reset the connection, and the client, or the balancer, would lose the answer.
 * The server's request timeout bounds it.
 */
export const earlyAnswer = fp(async (app) => {
  app.addHook('onSend', (request, reply, payload, done) => {
    // Fastify sets it after every failed body, and on the raw answer when the service closes: that one stays.
    if (!request.raw.complete && !reply.raw.hasHeader('connection')) reply.removeHeader('connection');
    done(null, payload);
  });

  app.addHook('onResponse', (request, _reply, done) => {
    request.raw.resume();
    done();
  });
});
