"""What may still be said of an item after it was read: whether its key is disputed."""

from django.db import transaction

from studies.domain.errors import Refused
from studies.models import Item, StudyItem


@transaction.atomic
def set_key_status(*, item: Item, status: str) -> None:
    """Mark an item's key as disputed or not. Raises Refused once a frozen protocol holds the item."""
    if is_frozen(item=item):
        raise Refused("item_frozen", "This item is part of a frozen protocol, which holds the status of its key.")
    Item.objects.filter(pk=item.pk).update(key_status=status)


def is_frozen(*, item: Item) -> bool:
    return StudyItem.objects.filter(item=item).exists()
