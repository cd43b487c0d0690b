# Debian's PostgreSQL with the variables, the user and the data folder of the official image.
FROM lakehouse-debian:bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=postgres --group=postgres /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/15/bin:$PATH \
    PGDATA=/var/lib/postgresql/data
COPY start_postgres.sh /usr/local/bin/
USER postgres
STOPSIGNAL SIGINT
CMD ["start_postgres.sh"]
