"""What a person typed into a form, as it may be stored: no control characters, no more than a field may hold."""

import unicodedata

from django.http import HttpRequest

from studies.domain.errors import Refused

LONGEST = 5000
KEPT = "\n\t"


def clean(text: str) -> str:
    """Without NUL and other control characters, line ends as one newline."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in text if letter in KEPT or unicodedata.category(letter) not in ("Cc", "Cs"))


def field(request: HttpRequest, name: str, *, longest: int = LONGEST) -> str:
    """One posted field, cleaned. Raises Refused where it is longer than it may be."""
    value = clean(request.POST.get(name, ""))
    if len(value) > longest:
        raise Refused("too_long", f"That text is too long: {len(value):,} characters, and {longest:,} are the most.")
    return value


def prefixed(request: HttpRequest, prefix: str) -> dict[str, str]:
    """The fields `<prefix><key>` by their key."""
    return {name[len(prefix) :]: field(request, name) for name in request.POST if name.startswith(prefix)}


def kept(request: HttpRequest) -> dict[str, object]:
    """Everything posted, to be shown again beside a refusal: nobody types twice."""
    posted: dict[str, object] = {
        name.removeprefix("q-"): clean(request.POST.get(name, ""))[: 2 * LONGEST] for name in request.POST
    }
    posted["consent"] = {name[2:]: True for name in request.POST if name.startswith("c-")}
    return posted
