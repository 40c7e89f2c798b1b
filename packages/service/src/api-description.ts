import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

interface ApiDescriptionOptions {
  readonly name: string;
  readonly description: string;
}

const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/** OpenAPI 3.1 at `/<service>/docs/json` and a page to read and try it at `/<service>/docs`. */
export const apiDescription = fp(async (app, { name, description }: ApiDescriptionOptions) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `Roomkey ${name}`, description, version: '1' },
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'at+jwt (RFC 9068)' },
        },
      },
    },
  });
  const routePrefix = `/${name}/docs`;
  const hidden = { schema: { hide: true } };
  app.get(`${routePrefix}/json`, hidden, () => app.swagger());
  let pages: Promise<FastifyInstance> | undefined;
  for (const path of [routePrefix, `${routePrefix}/*`]) {
    app.get(path, hidden, async ({ url }, reply) => {
      pages ??= openPages(app, routePrefix);
      const { statusCode, headers, rawPayload } = await (await pages).inject(url);
      if (statusCode >= 400) return reply.callNotFound();
      // Whether the connection stays is between this service and its client.
      delete headers['connection'];
      return reply.code(statusCode).headers(headers).send(rawPayload);
    });
  }
});

/** The pages are loaded when somebody reads them: all they need would be a tenth of every start. */
async function openPages(described: FastifyInstance, routePrefix: string): Promise<FastifyInstance> {
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  const app = fastify();
  const description = fp(async (inner) => void inner.decorate('swagger', described.swagger), {
    name: '@fastify/swagger',
  });
  await app.register(description);
  await app.register(swaggerUi, { routePrefix, staticCSP: DOCS_POLICY });
  return app;
}
