"""Files of the stack."""

from stack.files import remove_folder


def test_folder_with_a_folder_that_cannot_be_written_to_is_removed(tmp_path):
    code = tmp_path / "home" / "lambda" / "code"
    code.mkdir(parents=True)
    (code / "app.py").write_text("")
    code.chmod(0o555)
    remove_folder(tmp_path / "home")
    assert list(tmp_path.iterdir()) == []
