# Two stages on the same base: the first has pip and the build backend, the second only what runs.
# Everything is installed from the locks by hash; nothing is compiled (all of it has wheels for amd64 and arm64).

FROM python:3.12-slim-bookworm AS build
ENV PIP_CACHE_DIR=/var/cache/pip \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Hadolint wants --no-cache-dir, but the cache is a mount and never in a layer.
# hadolint global ignore=DL3042
COPY requirements-build.lock requirements.lock ./
RUN --mount=type=cache,target=/var/cache/pip \
    python -m venv --without-pip /opt/newswatch && \
    pip --python /opt/newswatch/bin/python install --require-hashes --only-binary :all: -r requirements.lock && \
    pip install --require-hashes --only-binary :all: -r requirements-build.lock
COPY LICENSE README.md pyproject.toml ./
COPY migrations migrations
COPY src src
RUN --mount=type=cache,target=/var/cache/pip \
    python -m hatchling build -t wheel -d /build/dist && \
    pip --python /opt/newswatch/bin/python install --no-deps --no-index /build/dist/*.whl && \
    python -m compileall -q -j 0 /opt/newswatch

FROM python:3.12-slim-bookworm
LABEL org.opencontainers.image.title="newswatch" \
      org.opencontainers.image.description="Watches news feeds, flags the articles that matter and tells people once" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 newswatch && \
    useradd --uid 10001 --gid newswatch --home-dir /data --no-create-home --shell /usr/sbin/nologin newswatch && \
    install --directory --owner newswatch --group newswatch --mode 0750 /data
COPY --from=build /opt/newswatch /opt/newswatch
# Inside a container the loopback address reaches nobody; what leads outside is what `docker run -p` publishes.
ENV PATH=/opt/newswatch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NEWSWATCH__LOG__FORMAT=json \
    NEWSWATCH__WEB__LISTEN=0.0.0.0:8700
USER 10001:10001
# newswatch.toml and, with SQLite, newswatch.db are looked for here. The root file system may be read-only.
WORKDIR /data
VOLUME /data
EXPOSE 8700
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["newswatch", "healthcheck"]
ENTRYPOINT ["newswatch"]
CMD ["run"]
