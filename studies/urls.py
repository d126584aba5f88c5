"""Addresses of participants, researchers and health checks."""

from django.urls import include, path

from studies.views import chat, health, participant

participant_urls = (
    [
        path("join/<slug:slug>/", participant.join, name="join"),
        path("s/<str:token>/", participant.sitting, name="sitting"),
        path("s/<str:token>/chat/", chat.chat, name="chat"),
        path("s/<str:token>/instructions/", participant.instructions, name="instructions"),
        path("s/<str:token>/leave/", participant.leave, name="leave"),
    ],
    "participant",
)

urlpatterns = [
    path("", include(participant_urls)),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
