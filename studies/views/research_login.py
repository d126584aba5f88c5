"""How a researcher comes in and goes out: Django's own views on our pages, for members of the staff."""

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import views
from django.urls import reverse_lazy

login = views.LoginView.as_view(
    template_name="research/login.html",
    authentication_form=AdminAuthenticationForm,
    redirect_authenticated_user=False,
)
logout = views.LogoutView.as_view(next_page=reverse_lazy("research:login"))
password = views.PasswordChangeView.as_view(
    template_name="research/password.html", success_url=reverse_lazy("research:home")
)
