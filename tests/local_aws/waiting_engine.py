"""A stand-in for a Java that waits for a job."""

from pathlib import Path


class WaitingEngine:
    """It answers unless told otherwise, and says whether somebody has killed it."""

    def __init__(self, directory: Path, answers: bool = True) -> None:
        self.directory = directory
        self.is_alive = True
        self._answers = answers

    def answers(self) -> bool:
        return self.is_alive and self._answers

    def clear(self) -> None:
        assert self.is_alive

    def kill(self) -> None:
        self.is_alive = False

    def wait_for_end(self) -> None:
        assert not self.is_alive
