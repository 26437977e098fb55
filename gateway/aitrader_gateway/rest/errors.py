"""Everything the facade raises.

RestError
├── TemplateError   a path template that breaks the grammar; found at startup
├── RouteError      an annotation that cannot be served; found at startup
├── FieldFault      a request value that does not fit its field
└── CallError       a gRPC status: from the server, or made here in its words
"""

from __future__ import annotations

from google.rpc import code_pb2, error_details_pb2, status_pb2

Metadata = tuple[tuple[str, str | bytes], ...]


class RestError(Exception):
    """Root of the facade's errors."""


class TemplateError(RestError):
    """A path template does not follow the grammar of `google.api.HttpRule`."""


class RouteError(RestError):
    """An HTTP annotation names what its messages do not have, or repeats a route."""


class FieldFault(RestError):
    """A request value does not fit its field; `path` grows outwards while it unwinds."""

    def __init__(self, description: str, *path: str) -> None:
        super().__init__(description)
        self.description = description
        self.path = list(path)

    def within(self, *outer: str) -> FieldFault:
        """Name the fields that enclose the one at fault."""
        self.path[:0] = outer
        return self

    def as_call_error(self) -> CallError:
        """Say it as INVALID_ARGUMENT with one field violation."""
        field = ".".join(self.path).replace(".[", "[")
        message = f"{field}: {self.description}" if field else self.description
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=field, description=self.description
        )
        status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message=message)
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
        return CallError(code_pb2.INVALID_ARGUMENT, message, details=status.SerializeToString())


class CallError(RestError):
    """A call that ended with a gRPC status other than OK.

    `details` is a serialised `google.rpc.Status` as `grpc-status-details-bin` carries it, or
    empty. `http_status` overrides the mapping of `code` where HTTP says more than gRPC.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        details: bytes = b"",
        initial_metadata: Metadata = (),
        trailing_metadata: Metadata = (),
        http_status: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.initial_metadata = initial_metadata
        self.trailing_metadata = trailing_metadata
        self.http_status = http_status
        self.headers = headers
