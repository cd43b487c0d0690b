"""The EventBridge API: moto's, over the local backend."""

from typing import Any

from moto.events.responses import EventsHandler


class LocalEventsResponse(EventsHandler):
    """Archives and destinations over HTTP would hold and call nothing."""

    def test_event_pattern(self) -> tuple[str, dict[str, Any]]:
        matches = self.events_backend.event_matches(self._get_param("EventPattern"), self._get_param("Event"))
        return self._create_response({"Result": matches})

    def create_archive(self) -> None:
        raise NotImplementedError("Archives of events (CreateArchive)")

    def start_replay(self) -> None:
        raise NotImplementedError("Replays of events (StartReplay)")

    def create_api_destination(self) -> None:
        raise NotImplementedError("Destinations over HTTP (CreateApiDestination)")
