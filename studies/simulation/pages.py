"""Reading a participant's page as a browser would: its forms, with what they hold and what they offer. Pure."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """`fields` are hidden and typed values, `choices` what may be picked (radio) or ticked (checkbox), by name."""

    target: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """The button's name, as the server knows it; '' for a form that is not one of the sitting's."""
        return self.fields.get("action", "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method", "").lower() == "post":
            self.forms.append(Form(found.get("action", "")))
            self._open = True
        elif self._open and tag in ("input", "textarea") and found.get("name"):
            self._take(found)

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "form"

    def _take(self, found: dict[str, str]) -> None:
        form, name = self.forms[-1], found["name"]
        if found.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(found.get("value", "on"))
        else:
            form.fields[name] = found.get("value", "")


def forms(html: str) -> list[Form]:
    """The forms of a page that are sent by POST, in their order."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def main_form(html: str) -> Form | None:
    """The form of the page's own step; None on a page where nothing is left to do."""
    return next((form for form in forms(html) if form.action), None)
