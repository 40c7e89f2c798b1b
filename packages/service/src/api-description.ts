import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
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
  await app.register(swaggerUi, { routePrefix: `/${name}/docs`, staticCSP: DOCS_POLICY });
});
