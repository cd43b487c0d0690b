"""The state of a backend as bytes: what is kept elsewhere is written as a reference to it."""

import importlib
import io
import pickle
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend

_FRESH = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
    threading.Event: threading.Event,
    threading.Condition: threading.Condition,
}

Reference = tuple[Any, ...]


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if type(obj) in _FRESH:
            return _FRESH[type(obj)], ()
        if isinstance(obj, ModuleType):
            return importlib.import_module, (obj.__name__,)
        if isinstance(obj, BaseBackend):
            return _backend, (service_of(type(obj)), obj.account_id, obj.region_name)
        if isinstance(obj, BackendDict):
            return get_backend, (service_of(obj.backend),)
        if hasattr(obj, "private_bytes") and not isinstance(obj, type):
            return _private_key(obj)
        return NotImplemented


class _ReferringPickler(_Pickler):
    """Writes the objects whose `id` is in `references` as what stands there. It asks of every text and number."""

    def __init__(self, file: io.BytesIO, references: Mapping[int, Reference]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.references = references

    def persistent_id(self, obj: Any) -> Reference | None:
        return self.references.get(id(obj))


def _backend(service: str, account: str, region: str) -> BaseBackend:
    return get_backend(service)[account][region]


def _private_key(key: Any) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return _loaded_private_key, (key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),)


def _loaded_private_key(content: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    return load_der_private_key(content, None)


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, referenced: Callable[[Reference], Any]) -> None:
        super().__init__(io.BytesIO(content))
        self.referenced = referenced

    def persistent_load(self, pid: Reference) -> Any:
        return self.referenced(pid)


def pickled(value: Any, references: Mapping[int, Reference]) -> bytes:
    """The value; objects whose `id` is in `references` are written as what stands there."""
    buffer = io.BytesIO()
    pickler = _ReferringPickler(buffer, references) if references else _Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    pickler.dump(value)
    return buffer.getvalue()


def unpickled(content: bytes, referenced: Callable[[Reference], Any]) -> Any:
    return _Unpickler(content, referenced).load()


def service_of(backend: type[BaseBackend]) -> str:
    """Moto's name of the module that a backend or its subclass belongs to."""
    for ancestor in backend.__mro__:
        package, _, rest = ancestor.__module__.partition(".")
        module = rest.partition(".")[0]
        if package == "moto" and module != "core":
            return module
    return backend.__module__.split(".")[1].replace("_", "")
