from stack.secrets import mongo_secret, postgres_secret


def test_a_dsn_becomes_a_secret_in_the_rds_format():
    secret = postgres_secret("postgresql://me:p%40ss@db.example.com:6432/postgres", "postgres", "financial")
    assert secret == {
        "engine": "postgres",
        "host": "db.example.com",
        "port": 6432,
        "username": "me",
        "password": "p@ss",
        "dbname": "financial",
    }


def test_a_mongo_uri_with_a_password_becomes_a_secret():
    secret = mongo_secret("mongodb://me:p%40ss@db.example.com:27018/?authSource=admin")
    assert (secret["host"], secret["port"]) == ("db.example.com", 27018)
    assert (secret["username"], secret["password"], secret["engine"]) == ("me", "p@ss", "mongo")


def test_a_mongo_server_without_authentication_has_no_user():
    assert mongo_secret("mongodb://127.0.0.1:27117/")["username"] == ""
