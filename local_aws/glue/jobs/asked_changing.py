"""Operations of WebHDFS that change what Spark asks for."""

import shutil
from collections.abc import Callable

from local_aws.glue.jobs.asked_objects import CHUNK_BYTES, AskedObject, Call
from local_aws.s3.bodies import staging_file


def check_creation(call: Call) -> None:
    """Raises what `create` would before the content comes."""
    call.asked.authorize("PutObject")
    call.asked.check_bucket()
    if call.asked.path.exists() and call.parameters.get("overwrite") != "true":
        raise FileExistsError(f"s3://{call.asked.bucket}/{call.asked.key} exists already")


def create(call: Call) -> object:
    check_creation(call)
    staged = staging_file()
    try:
        with staged.open("wb") as file:
            shutil.copyfileobj(call.content, file, CHUNK_BYTES)
            if call.size not in (None, file.tell()):
                raise ValueError("You did not provide the number of bytes specified by the Content-Length HTTP header.")
        call.asked.path.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(call.asked.path)
    finally:
        staged.unlink(missing_ok=True)
    return None


def make_folders(call: Call) -> object:
    if not call.asked.path.is_dir():
        call.asked.folder_object.authorize("PutObject")
        call.asked.check_bucket()
        call.asked.path.mkdir(parents=True, exist_ok=True)
    return {"boolean": True}


def rename(call: Call) -> object:
    target = AskedObject.of_path(call.parameters["destination"])
    if not call.asked.key or not call.asked.path.exists():
        return {"boolean": False}
    if target.path.is_dir():
        target = target.below(call.asked.path.name)
    for file in call.asked.files():
        file.authorize_source("GetObject", "DeleteObject")
        AskedObject(target.bucket, target.key + file.key.removeprefix(call.asked.key)).authorize("PutObject")
    target.check_bucket()
    if target.path.exists():
        return {"boolean": False}
    target.path.parent.mkdir(parents=True, exist_ok=True)
    call.asked.path.rename(target.path)
    return {"boolean": True}


def delete(call: Call) -> object:
    path = call.asked.path
    if not call.asked.key or not path.exists():
        return {"boolean": False}
    for file in call.asked.files():
        file.authorize_source("DeleteObject")
    if not path.is_dir():
        path.unlink()
    elif call.parameters.get("recursive") == "true":
        shutil.rmtree(path)
    else:
        path.rmdir()
    return {"boolean": True}


def set_nothing(_: Call) -> object:
    """S3's objects have no modes, no owners and no times to be set, and S3A does nothing of it."""
    return None


CHANGING: dict[str, Callable[[Call], object]] = {
    "CREATE": create,
    "MKDIRS": make_folders,
    "RENAME": rename,
    "DELETE": delete,
    "SETPERMISSION": set_nothing,
    "SETOWNER": set_nothing,
    "SETTIMES": set_nothing,
}
