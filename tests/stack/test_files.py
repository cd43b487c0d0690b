"""Files of the stack."""

from concurrent.futures import ThreadPoolExecutor

from stack.files import remove_folder, write_private


def test_several_writers_of_a_private_file_do_not_disturb_each_other(tmp_path):
    path, texts = tmp_path / "run" / "health.json", [letter * 10_000 for letter in "abcd"]

    with ThreadPoolExecutor(len(texts)) as writers:
        list(writers.map(lambda text: write_private(path, text), texts * 200))

    assert path.read_text() in texts
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_folder_with_a_folder_that_cannot_be_written_to_is_removed(tmp_path):
    code = tmp_path / "home" / "lambda" / "code"
    code.mkdir(parents=True)
    (code / "app.py").write_text("")
    code.chmod(0o555)
    remove_folder(tmp_path / "home")
    assert list(tmp_path.iterdir()) == []
