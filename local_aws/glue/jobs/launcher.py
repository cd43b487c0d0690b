"""Runs a job's script inside the job's own process. Started by path, it imports nothing of the project.

Arguments: the file for the error, the script, the script's arguments. The modules of installed packages that a script
which ended well has imported are written beside the file for the error. Standard input is a lifeline: when it closes,
the endpoint is gone, and the process group ends with it.
"""

import os
import runpy
import signal
import sys
import sysconfig
import threading
import traceback
from pathlib import Path
from types import TracebackType


def follow_lifeline() -> None:
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def end_with_endpoint() -> None:
        while os.read(lifeline, 1):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_endpoint, daemon=True).start()


def run_script(script: Path, error_file: Path) -> int:
    """Exit code of the script; what ended it is written to the error file."""
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as error:
        if error.code in (None, 0):
            return 0
        if isinstance(error.code, str):
            sys.stderr.write(f"{error.code}\n")
        error_file.write_text(f"SystemExit: {error.code}")
        return error.code if isinstance(error.code, int) else 1
    except BaseException as error:
        traceback.print_exception(type(error), error, script_traceback(error.__traceback__, script))
        error_file.write_text("".join(traceback.format_exception_only(error)).strip())
        return 1
    return 0


def script_traceback(frames: TracebackType | None, script: Path) -> TracebackType | None:
    """The traceback from the script's first line on; the whole of it when the script did not get that far."""
    frame = frames
    while frame and frame.tb_frame.f_code.co_filename != str(script):
        frame = frame.tb_next
    return frame or frames


def installed_modules() -> list[str]:
    """The modules that have been imported from the folders of installed packages and of Python itself."""
    folders = tuple(f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.copy().items()}
    return [name for name, file in files.items() if name != "__main__" and file and file.startswith(folders)]


def main() -> int:
    error_file, script, *arguments = sys.argv[1:]
    follow_lifeline()
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)
    exit_code = run_script(Path(script), Path(error_file))
    if exit_code == 0:
        Path(error_file).with_name("modules.txt").write_text("\n".join(installed_modules()))
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
