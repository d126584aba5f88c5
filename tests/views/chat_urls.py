from django.urls import path

from studies.views.chat import chat

urlpatterns = [path("s/<str:token>/chat/", chat)]
