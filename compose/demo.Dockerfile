# The login server and the app of compose.yaml, from the sources of the demo.
FROM node:24.21.0-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src ./src
COPY test/support ./test/support
COPY scripts ./scripts
USER node
EXPOSE 3000 9000
CMD ["node", "scripts/demo-servers.ts"]
