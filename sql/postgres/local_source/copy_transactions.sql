COPY transactions FROM STDIN WITH (FORMAT csv, HEADER match)
