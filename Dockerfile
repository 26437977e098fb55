# The engine, its facade, watchdog and sandbox: one program, `aitrader`.
#   docker build --tag ai-trader .
# For a build that anybody can repeat, name the base by its digest:
#   --build-arg PYTHON=python:3.11-slim-bookworm@sha256:...
# With more than the server extra (PostgreSQL, Redis, Vault ..) give a lock of your own as LOCK.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ARG LOCK=requirements.lock
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
# What the lock names first: it changes least.
COPY ${LOCK} requirements.lock
RUN python -m venv --without-pip /opt/aitrader \
 && python -m pip --python /opt/aitrader/bin/python install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY gateway gateway
COPY clients/python clients/python
COPY models models
COPY proto/gen proto/gen
# The backend is in the lock, too; nothing of it is left in what runs.
RUN python -m pip --python /opt/aitrader/bin/python install --no-deps --no-build-isolation . \
 && python -m pip --python /opt/aitrader/bin/python uninstall --yes hatchling editables \
 && python -m compileall -q /opt/aitrader

FROM ${PYTHON}
# Nothing that installs anything.
RUN python -m pip uninstall --yes pip setuptools wheel \
 && rm -rf /usr/local/lib/python3.11/ensurepip \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/aitrader
COPY --from=build /opt/aitrader /opt/aitrader
ENV PATH=/opt/aitrader/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    AITRADER__STATE=/var/lib/aitrader/state
# The root may be read-only: state lies in the volume, passing files in /tmp.
VOLUME /var/lib/aitrader
WORKDIR /var/lib/aitrader
USER 10001:10001
# In good order: calls end, the journal is closed with a snapshot.
STOPSIGNAL SIGTERM
# Whether orders could leave. Behind TLS, or for the watchdog, the orchestrator says how to ask.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
# Start it with an init (docker run --init): it ends what the engine's own processes leave.
ENTRYPOINT ["aitrader"]
CMD ["serve"]
