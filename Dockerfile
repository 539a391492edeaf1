# The Temporal worker of holdfast; the command line too: docker compose run --rm worker holdfast --help
FROM node:22-bookworm-slim AS packages
WORKDIR /holdfast
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund

FROM packages AS build
COPY . .
# Compiles, and bundles the workflows: no compiler is needed at run time.
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
# git: Kubespray from a repository on the worker's own machine. Certificates: Temporal over TLS, webhooks.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 holdfast \
  && useradd --uid 10001 --gid 10001 --home-dir /var/lib/holdfast-service --no-create-home --shell /usr/sbin/nologin holdfast \
  && printf '#!/bin/sh\nexec node --enable-source-maps /holdfast/dist/client/main.js "$@"\n' > /usr/local/bin/holdfast \
  && chmod 755 /usr/local/bin/holdfast
WORKDIR /holdfast
COPY --from=build /holdfast/package.json ./
COPY --from=build /holdfast/node_modules ./node_modules
COPY --from=build /holdfast/activities ./activities
COPY --from=build /holdfast/dist ./dist
USER 10001:10001
ENV NODE_ENV=production HOME=/var/lib/holdfast-service HOLDFAST_METRICS_ADDRESS=127.0.0.1:9464 HOLDFAST_LOG_FORMAT=json
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["holdfast", "worker", "--check"]
CMD ["holdfast", "worker"]
