import threading

import pytest
from django.db import connection

from studies.models import Dataset
from studies.runner.db import in_db
from tests.live import live  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.usefixtures("live"), pytest.mark.django_db(transaction=True)]


def seen() -> tuple[int, int]:
    Dataset.objects.count()
    return threading.get_ident(), id(connection.connection)


async def test_every_call_has_the_same_thread_and_the_same_connection() -> None:
    assert await in_db(seen) == await in_db(seen)


async def test_a_connection_that_was_closed_is_opened_again() -> None:
    await in_db(seen)
    await in_db(lambda: connection.close())
    assert (await in_db(seen))[0]


async def test_an_error_reaches_its_caller_and_the_next_call_works() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_db(lambda: 1 / 0)
    assert await in_db(lambda: 7) == 7
