"""Addresses of participants, researchers and health checks."""

from django.urls import include, path

from studies.views import (
    chat,
    health,
    participant,
    research,
    research_acts,
    research_baselines,
    research_coding,
    research_login,
    research_reports,
)

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

research_urls = (
    [
        path("", research.home, name="home"),
        path("new/", research_acts.new, name="new"),
        path("login/", research_login.login, name="login"),
        path("logout/", research_login.logout, name="logout"),
        path("password/", research_login.password, name="password"),
        path("studies/<slug:slug>/", research.study, name="study"),
        path("studies/<slug:slug>/status/", research.status, name="status"),
        path("studies/<slug:slug>/people/", research.people, name="people"),
        path("studies/<slug:slug>/people/<slug:code>/", research.person, name="person"),
        path("studies/<slug:slug>/items/", research.items, name="items"),
        path("studies/<slug:slug>/protocol/<int:number>/", research.protocol, name="protocol"),
        path("studies/<slug:slug>/baselines/", research_baselines.page, name="baselines"),
        path("studies/<slug:slug>/baselines/status/", research_baselines.status, name="baselines_status"),
        path("studies/<slug:slug>/baselines/<str:code>/", research_baselines.act, name="baseline"),
        path("studies/<slug:slug>/coding/", research_coding.page, name="coding"),
        path("studies/<slug:slug>/reports/", research_reports.page, name="reports"),
        path("studies/<slug:slug>/reports/status/", research_reports.status, name="reports_status"),
        path("studies/<slug:slug>/reports/<str:public_id>/", research_reports.report, name="report"),
        path("studies/<slug:slug>/reports/<str:public_id>/report.html", research_reports.document, name="document"),
        path("studies/<slug:slug>/reports/<str:public_id>/report.zip", research_reports.archive, name="archive"),
        path("studies/<slug:slug>/reports/<str:public_id>/delete/", research_reports.delete, name="delete_report"),
        path("studies/<slug:slug>/preview/", research_acts.preview, name="preview"),
        path("studies/<slug:slug>/unblind/", research_acts.unblind, name="unblind"),
        path("studies/<slug:slug>/export/", research_acts.export, name="export"),
        *(
            path(f"studies/<slug:slug>/{action}/", research_acts.act, {"action": action}, name=action)
            for action in research_acts.ACTS
        ),
    ],
    "research",
)

urlpatterns = [
    path("research/", include(research_urls)),
    path("", include(participant_urls)),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
