# One image for every container of docker-compose.yaml that is ours: the endpoint, Airflow and the command line.
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS packages
WORKDIR /opt/lakehouse
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.8
COPY requirements.lock ./
RUN uv venv --quiet .venv \
    && VIRTUAL_ENV=/opt/lakehouse/.venv uv pip sync --no-cache --compile-bytecode --require-hashes requirements.lock

FROM ${BASE}
RUN useradd --uid 1000 --create-home lakehouse \
    && install --directory --owner=lakehouse --group=lakehouse /var/lib/lakehouse
WORKDIR /opt/lakehouse
COPY --from=packages /opt/lakehouse/.venv .venv
COPY . ./
RUN pip --python .venv/bin/python install --quiet --no-deps --no-build-isolation --editable .
ENV PATH=/opt/lakehouse/.venv/bin:$PATH \
    LAKEHOUSE_HOME=/var/lib/lakehouse
USER lakehouse
ENTRYPOINT ["lakehouse"]
