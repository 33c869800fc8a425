"""What a demand is, and the table that says how each was met."""

import time

PASS, FAIL, NONE = "pass", "fail", "not applicable"
rows = {}


class NotApplicable(Exception):
    """The demand asks for something that this server does not offer, and says that it does not."""


class Unmet(Exception):
    """The server did something else than is demanded."""


def demand(number, words):
    """Marks a function as the replay of a demand; its text is what was done, in our own words."""

    def keep(function):
        rows[number] = (words, function)
        return function

    return keep


def elsewhere(number, words, reason):
    """A demand that is not asked of the server here, with where it is shown."""

    def none(world):
        raise NotApplicable(reason)

    rows[number] = (words, none)


def expect(holds, words):
    if not holds:
        raise Unmet(words)


def status(answer, *wanted):
    expect(answer.status in wanted, f"status {answer.status} where {' or '.join(map(str, wanted))} was expected{told(answer)}")
    return answer


def told(answer):
    """The words of an OperationOutcome, for whoever reads of a failure."""
    try:
        return ": " + answer.json["issue"][0]["diagnostics"]
    except (KeyError, IndexError, TypeError, ValueError):
        return ""


def outcome(answer, *wanted):
    status(answer, *wanted)
    expect(answer.json.get("resourceType") == "OperationOutcome", "no OperationOutcome")
    return answer


def until(holds, seconds=60):
    end = time.time() + seconds
    while True:
        value = holds()
        if value:
            return value
        expect(time.time() < end, "it did not end in time")
        time.sleep(0.1)


def replay(number, world):
    words, function = rows[number]
    try:
        reason = function(world)
        return PASS, reason or ""
    except NotApplicable as error:
        return NONE, str(error)
    except Unmet as error:
        return FAIL, str(error)
    except Exception as error:  # A demand that cannot be asked is not met.
        return FAIL, f"could not be asked: {type(error).__name__} {error}"
