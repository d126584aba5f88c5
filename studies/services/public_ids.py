"""Ids that may stand in an address or a page: they tell nothing of how many rows there are."""

import secrets


def new_public_id() -> str:
    return secrets.token_hex(8)
