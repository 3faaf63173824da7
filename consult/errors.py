"""The one exception tree.

    ConsultError
    ├── NotFound    404  there is no such thing, or it is not for you: the two look the same
    ├── Forbidden   403  you may see it, but not do this
    ├── Refused     409  not now: closed, already done, changed by somebody else meanwhile
    ├── Invalid     422  what was given cannot be used: the message says what, where and what to do
    └── Unavailable 503  what we need ourselves is away or full: nothing was saved, the same may be asked for again

Every message is one or two plain sentences for the person who caused it. `reason` is a short code for programs and logs;
it never carries what somebody wrote. Raised by the engine, the rules and the services; mapped once in web/errors.py.
"""


class ConsultError(Exception):
    """Something that a person must be told."""

    status = 500

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


class NotFound(ConsultError):
    """There is no such thing, or it is not for the one who asks."""

    status = 404


class Forbidden(ConsultError):
    """The thing is visible, the act is not allowed."""

    status = 403


class Refused(ConsultError):
    """The act is allowed, but not in the present state."""

    status = 409


class Invalid(ConsultError):
    """What was given cannot be used."""

    status = 422


class Unavailable(ConsultError):
    """Something of our own cannot be reached or written at the moment; nothing was changed."""

    status = 503
