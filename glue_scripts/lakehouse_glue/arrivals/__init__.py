"""What the jobs that ingest claims of arriving files share, whatever the files hold."""
