import pytest

from lakehouse_contract.tables import DeclarationError, declared_tables, read_table

DECLARATION = """
meaning = "Coins in a box."
sort_keys = ["coin_id"]
[columns]
coin_id = { type = "bigint", is_required = true, meaning = "Identifier." }
name = { type = "string", max_bytes = 64, meaning = "What it is called." }
"""


def test_a_declaration_gives_columns_in_their_order_with_types():
    table = read_table("coins", DECLARATION)
    assert table.types == {"coin_id": "bigint", "name": "string"}
    assert table.schema == "`coin_id` bigint, `name` string"
    assert table.by_name["coin_id"].is_required
    assert table.by_name["name"].max_bytes == 64


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (DECLARATION.replace('meaning = "Coins in a box."', ""), "coins: the declaration has no meaning"),
        (DECLARATION.replace('["coin_id"]', '["coin"]'), "the key 'coin' is not among the columns"),
        (DECLARATION.replace("max_bytes", "widest"), "coins.name: .*widest"),
        (DECLARATION.replace("sort_keys", "order_keys"), "order_keys is nothing that a declaration has"),
    ],
)
def test_a_wrong_declaration_is_refused_by_name(wrong, named):
    with pytest.raises(DeclarationError, match=named):
        read_table("coins", wrong)


def test_every_declared_table_can_be_read():
    tables = declared_tables()
    assert tables
    assert all(column.meaning.endswith(".") for table in tables for column in table.columns)
