COPY customers FROM STDIN WITH (FORMAT csv, HEADER match)
