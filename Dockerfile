# Production: the built program on a Node.js without shell, package manager or npm. Reasons: docs/adr/0009-container-image.md
FROM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts/build.ts ./scripts/
COPY src ./src
RUN npm run build

FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
ENV NODE_ENV=production
# A number, because Kubernetes' runAsNonRoot cannot check a name.
USER 65532:65532
EXPOSE 8080 9090
# For the default address of the admin listener. Kubernetes has its own probes.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "--eval", "fetch('http://127.0.0.1:9090/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=8", "--v8-pool-size=1", "--no-maglev", "/app/dist/main.js"]
CMD ["serve", "--config", "/etc/pkce-gateway/gateway.yaml"]
