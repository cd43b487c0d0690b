"""The local AWS endpoint: the services that the lakehouse uses, executing for real on one machine."""
