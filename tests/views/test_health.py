from typing import Any

import pytest
from django.db import connection
from django.test import Client


def test_a_process_says_that_it_lives_without_asking_the_database() -> None:
    assert Client().get("/healthz").content == b"alive\n"


@pytest.mark.django_db
def test_a_migrated_database_is_ready() -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_a_database_that_lacks_migrations_is_not_ready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'studies'")
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert b"run `manage.py migrate`" in answer.content


@pytest.mark.django_db
def test_a_channel_layer_that_does_not_answer_is_not_ready(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": [settings.REDIS_URL]}}}
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert b"Redis" in answer.content


@pytest.mark.services
@pytest.mark.django_db
def test_a_channel_layer_that_answers_is_ready(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:6379/9"
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": [settings.REDIS_URL]}}}
    assert Client().get("/readyz").status_code == 200
