"""Researchers' accounts."""

from django.contrib.auth import get_user_model
from django.db import transaction


@transaction.atomic
def ensure_administrator(*, username: str, password: str) -> bool:
    """Make the account where it is missing, and leave one that exists as it is; whether its password is `password`."""
    users = get_user_model().objects
    user = users.filter(username=username).first()
    if user is None:
        users.create_superuser(username=username, password=password)
        return True
    return bool(user.check_password(password))
