"""A Java with Spark in it, which serves one job after the other.

A job's own Python finds it by the variables that pyspark knows for a gateway that is there already, and makes a
SparkContext of its own in it. What a job leaves behind is removed before the next one: its context, its settings with
all that it changed of Java's properties, time zone, locale and log levels, and what holds the mounts of its role: the
file systems that Hadoop keeps open, and what Spark makes once per Java.
Only `java.io.File` has another current folder than the job: that of Java's start.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from py4j.java_gateway import GatewayParameters, JavaGateway
from py4j.protocol import Py4JError

from local_aws.glue.jobs.errors import JobError
from local_aws.glue.jobs.process import JobProcess

START_SCRIPT = Path(__file__).with_name("engine_start.py")
START_SECONDS = 120
START_INTERVAL_SECONDS = 0.02
OUTPUT_SECONDS = 5
# Of the first line, which says why a Java did not start.
FIRST_LINE_BYTES = 2000
# Only a Java that hangs takes so long for one answer; the longest is to stop a context.
ANSWER_SECONDS = 30
# Fields, how to set them, and their values before: whether Hadoop's configuration is made, the folders of scratch
# files, and what opens `s3://` URLs of Java's own.
MADE_ONCE = (
    ("org.apache.spark.deploy.SparkHadoopUtil$", "bitmap$0", "setByte", 0),
    ("org.apache.spark.sql.internal.SharedState$", "fsUrlStreamHandlerFactoryInitialized", "setBoolean", False),
    ("org.apache.spark.util.Utils$", "localRootDirs", "set", None),
    ("java.net.URL", "factory", "set", None),
)

Write = Callable[[bytes], None]


class Engine:
    """Raises JobError when Java does not start."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self.directory = directory
        self._output, self._errors = _Lines(), _Lines()
        self._gateway: JavaGateway | None = None
        connection = directory / "connection"
        self._process = JobProcess(START_SCRIPT, [str(connection)], environment, directory)
        self._ended = threading.Event()
        threading.Thread(target=self._follow, name=directory.name, daemon=True).start()
        try:
            self._connect(*self._connection(connection).split())
        except BaseException:
            self.kill()
            self.wait_for_end()
            raise

    @property
    def is_alive(self) -> bool:
        return not self._ended.is_set()

    def answers(self) -> bool:
        """Whether Java does as it is asked: one that was killed seems alive until its launcher has ended, too."""
        with suppress(Py4JError, OSError), self._disconnected_by_errors():
            return self.is_alive and self._system.nanoTime() is not None
        return False

    def serve(self, settings: dict[str, str], directory: Path, write_output: Write, write_errors: Write) -> None:
        """Make ready for a job: its settings, its folder as the current one, and where Java's own lines go."""
        self._output.write_to, self._errors.write_to = write_output, write_errors
        for name, value in (settings | {"user.dir": str(directory)}).items():
            self._system.setProperty(name, value)

    def finish_output(self) -> None:
        """Wait until what Java has printed for its job is written, and write nothing more."""
        if not self.is_alive:
            return
        with suppress(Py4JError, OSError), self._disconnected_by_errors():
            self._output.end_at(self._system.out.println)
            self._errors.end_at(self._system.err.println)

    def clear(self) -> None:
        """Remove what the last job left. Raises Py4JError or OSError for a Java that does not answer."""
        with self._disconnected_by_errors():
            self._clear()

    def _clear(self) -> None:
        active = self._contexts.getActive()
        if active.isDefined():
            active.get().stop()
        self._file_system.closeAll()
        self._forget_first_job()
        self._system.setProperties(self._own_properties.clone())
        self._time_zone.setDefault(self._own_time_zone)
        self._locale.setDefault(self._own_locale)
        self._logging.reconfigure()
        # The gateway keeps what a Python that is gone has held.
        self._objects.keySet().retainAll(self._own_objects)
        self._system.gc()

    def _forget_first_job(self) -> None:
        """What Spark makes once per Java, by the mounts and the folder of a job, it would give to all later ones."""
        for class_name, field_name, setter, value in MADE_ONCE:
            of_class = self._class.forName(class_name)
            field = of_class.getDeclaredField(field_name)
            field.setAccessible(True)
            holder = of_class.getField("MODULE$").get(None) if class_name.endswith("$") else None
            getattr(field, setter)(holder, value)
        # Java forgets the handlers that it has whenever it gets another factory of them.
        self._url.setURLStreamHandlerFactory(None)

    def kill(self) -> None:
        self._disconnect()
        self._process.kill()

    def wait_for_end(self) -> None:
        """Of a Java that was killed, whose last lines are written then."""
        self._ended.wait(OUTPUT_SECONDS)

    @contextmanager
    def _disconnected_by_errors(self) -> Iterator[None]:
        try:
            yield
        except (Py4JError, OSError):
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        """py4j would tell a Java that is gone or hangs of each of its objects that nobody uses any more, in turn."""
        if self._gateway:
            self._gateway._gateway_client.is_connected = False

    def _connect(self, port: str, secret: str) -> None:
        self.environment = {"PYSPARK_GATEWAY_PORT": port, "PYSPARK_GATEWAY_SECRET": secret}
        parameters = GatewayParameters(
            port=int(port), auth_token=secret, auto_convert=True, read_timeout=ANSWER_SECONDS
        )
        self._gateway = JavaGateway(gateway_parameters=parameters)
        java = self._gateway.jvm
        self._system = java.java.lang.System
        self._file_system = java.org.apache.hadoop.fs.FileSystem
        self._contexts = getattr(getattr(java.org.apache.spark, "SparkContext$"), "MODULE$")
        self._objects = self._gateway.java_gateway_server.getGateway().getBindings()
        self._time_zone, self._locale = java.java.util.TimeZone, java.java.util.Locale
        self._class, self._url = java.java.lang.Class, java.java.net.URL
        self._logging = java.org.apache.logging.log4j.core.config.Configurator
        self._own_properties = self._system.getProperties().clone()
        self._own_time_zone = self._time_zone.getDefault()
        self._own_locale = self._locale.getDefault()
        self._own_objects = set(self._objects.keySet())

    def _follow(self) -> None:
        self._process.wait(self._output.write, self._errors.write, timeout_seconds=None)
        self._disconnect()
        self._ended.set()

    def _connection(self, file: Path) -> str:
        deadline = time.monotonic() + START_SECONDS
        while not file.is_file():
            if self._ended.wait(START_INTERVAL_SECONDS) or time.monotonic() > deadline:
                raise JobError(f"Spark's Java did not start. {self._errors.first}".strip())
        return file.read_text()


class _Lines:
    """One stream of a Java's: it goes to the log of the job that is served, and nowhere between jobs."""

    def __init__(self) -> None:
        self.write_to: Write | None = None
        self._beginning = b""
        self._is_within_line = False
        self._held = b""
        self._end_line = _new_line()
        self._end_seen = threading.Event()
        self._lock = threading.Lock()

    @property
    def first(self) -> str:
        """Of all its lines the first one that is not empty."""
        return self._beginning.decode(errors="replace").strip().partition("\n")[0]

    def write(self, chunk: bytes) -> None:
        """Pass on what has come so far but what may be a part of the end line; an empty chunk ends the stream."""
        with self._lock:
            before, end_line, after = (self._held + chunk).partition(self._end_line)
            if end_line:
                self._pass_on(before)
                self._stop()
                self._end_seen.set()
                before = after
            end = len(before) - (_overlap(before, self._end_line) if chunk else 0)
            self._held = before[end:]
            self._pass_on(before[:end])
            if not chunk:
                self._stop()

    def end_at(self, print_line: Callable[[str], object]) -> None:
        """Have a line of no other meaning printed, and wait for it: what was printed before it has been written."""
        with self._lock:
            self._end_line = _new_line()
        self._end_seen.clear()
        print_line(self._end_line.decode().removesuffix("\n"))
        self._end_seen.wait(OUTPUT_SECONDS)
        with self._lock:
            self._pass_on(self._held)
            self._held = b""
            self._stop()

    def _pass_on(self, content: bytes) -> None:
        if not content:
            return
        if len(self._beginning) < FIRST_LINE_BYTES:
            self._beginning += content[:FIRST_LINE_BYTES]
        if self.write_to:
            self.write_to(content)
            self._is_within_line = not content.endswith(b"\n")

    def _stop(self) -> None:
        """Write nothing more for the job, whose last line ends here."""
        if self.write_to and self._is_within_line:
            self.write_to(b"\n")
        self.write_to, self._is_within_line = None, False


def _new_line() -> bytes:
    return f"{uuid4().hex}\n".encode()


def _overlap(content: bytes, line: bytes) -> int:
    """How many bytes at the content's end are the line's beginning."""
    sizes = range(min(len(content), len(line) - 1), 0, -1)
    return next((size for size in sizes if content.endswith(line[:size])), 0)
