# SecantusDB, which speaks MongoDB's protocol, with the data folder of the official image.
FROM python:3.11.14-slim-bookworm
COPY requirements.lock ./
RUN python -m venv /opt/mongo \
    && sed -n 's/^\([A-Za-z0-9._-]*==[^ ;]*\).*/\1/p' requirements.lock > constraints.txt \
    && /opt/mongo/bin/pip install --quiet --constraint constraints.txt secantusdb pymongo \
    && useradd --create-home mongodb \
    && install --directory --owner=mongodb --group=mongodb /data/db
COPY mongosh /usr/local/bin/
USER mongodb
CMD ["/opt/mongo/bin/secantusd-py", "--host", "0.0.0.0", "--port", "27017", "--storage-path", "/data/db", "--sync-on-commit"]
