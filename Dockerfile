# One image a service: docker build --build-arg APP=auth .
# Node runs the sources as they are written; nothing is compiled.

FROM node:26-slim AS base
WORKDIR /app

# What dependencies are installed from: a change of sources alone leaves the layers below as they are.
FROM base AS manifests
COPY . .
RUN find . -type f ! -name package.json ! -name 'pnpm-*.yaml' -delete && find . -type d -empty -delete

FROM base AS toolchain
RUN npm install --global pnpm@12.21.0
ENV pnpm_config_store_dir=/pnpm/store pnpm_config_cache_dir=/pnpm/cache pnpm_config_verify_deps_before_run=false

# The service, the packages it runs on, and what they need; no development dependency of any of them. The Node for
# development comes along as an optional dependency of the workspace, whatever the filter says; the image has its own. Nor is
# anything kept that is for people and compilers.
FROM toolchain AS dependencies
COPY --from=manifests /app ./
ARG APP
RUN --mount=type=cache,id=pnpm,target=/pnpm \
    pnpm install --prod --frozen-lockfile --filter-prod "@roomkey/$APP..." \
 && rm -r node_modules/.pnpm/node-linux-* node_modules/node-linux-* node_modules/.bin \
 && find node_modules/.pnpm -type f '(' -name '*.map' -o -name '*.d.[cm]ts' -o -name '*.d.ts' -o -name '*.md' ')' -delete

FROM dependencies AS sources
COPY . .
RUN pnpm --filter-prod "@roomkey/$APP..." exec sh -c \
    'to="/sources${PWD#/app}" && mkdir -p "$to" && cp -r package.json src "$to" && { ! [ -d migrations ] || cp -r migrations "$to"; }'

FROM base
RUN install --directory --owner node --group node /var/lib/roomkey /var/cache/node
ARG APP
COPY --from=dependencies /app ./
COPY --from=sources /sources ./
WORKDIR /app/apps/$APP
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 NODE_COMPILE_CACHE=/var/cache/node
# A replica is one thread of many: a small nursery, one helper thread, and what a start leaves behind goes back to the system.
ENV NODE_OPTIONS="--max-semi-space-size=4 --v8-pool-size=1" MALLOC_TRIM_THRESHOLD_=131072
EXPOSE 8080
USER node
# Compiled once, here: without settings it loads everything and then says what is missing. Halves the CPU time of a start.
RUN node src/server.ts 2>&1 | grep 'DATABASE_URL is missing' \
 && node ../../packages/database/src/migrate-command.ts 2>&1 | grep usage
# A shell's own TCP client: a Node for each look would take more of the processor than the service at rest.
HEALTHCHECK --interval=5s --timeout=3s --retries=3 --start-period=180s --start-interval=2s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
CMD ["node", "src/server.ts"]
