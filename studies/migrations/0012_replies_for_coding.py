"""Which replies people read out is drawn once, when a reply is queued; those that are there are drawn here alike."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from studies.domain.audit import chosen_for_coding

AT_ONCE = 500  # fewer than SQLite takes as parameters of a statement


def draw(apps: Any, schema_editor: Any) -> None:
    messages = apps.get_model("studies", "Message").objects.filter(role="assistant")
    for version in apps.get_model("studies", "ProtocolVersion").objects.iterator():
        share, seed = version.settings.get("audit", {}).get("blind_share", 0), version.settings["study"]["seed"]
        if not share:
            continue
        rows = messages.filter(trial__session__participant__version_id=version.pk).values_list("pk", "public_id")
        drawn = [pk for pk, name in rows if chosen_for_coding(seed=seed, message=name, share=share)]
        for start in range(0, len(drawn), AT_ONCE):
            messages.filter(pk__in=drawn[start : start + AT_ONCE]).update(coding_study_id=version.study_id)


class Migration(migrations.Migration):

    dependencies = [
        ('studies', '0011_item_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='coding_study',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('coding_study__isnull', False)), fields=['coding_study', 'id'], name='replies_for_coding'),
        ),
        migrations.RunPython(draw, migrations.RunPython.noop, elidable=True),
    ]
