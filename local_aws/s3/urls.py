"""What moto asks of a service that answers addresses; S3's requests go to its own application."""

from moto.s3.urls import url_bases as url_bases

url_paths: dict[str, object] = {}
