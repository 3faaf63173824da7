"""The stages of a round and the moves between them."""

from consult.errors import Refused
from consult.phrases import say

MOVES: dict[str, tuple[str, ...]] = {
    "planned": ("open",),
    "open": ("closed", "cancelled"),
    "closed": ("consolidated",),
    "consolidated": ("consolidated", "decided"),
    "decided": (),
    "cancelled": (),
}
BECAUSE = {
    "planned": say("The draft has not been circulated yet. Circulate it first."),
    "open": say("The round is open. Wait for the deadline, or close it early on the board."),
    "closed": say("The round is closed and has not been consolidated yet. Consolidate it first."),
    "consolidated": say("The round has been consolidated. It can be consolidated again, or finished."),
    "decided": say("The round is finished. Nothing in it can be changed any more."),
    "cancelled": say("The round was cancelled. Nothing in it can be changed any more."),
}


def may_move(stage: str, to: str) -> bool:
    """Return whether a round may move from one stage to another. A round may be consolidated again."""
    return to in MOVES[stage]


def check_move(stage: str, to: str) -> None:
    """Raise Refused, with where the round stands and what comes next, for a move that is not allowed."""
    if not may_move(stage, to):
        raise Refused(BECAUSE[stage], "wrong-stage")
