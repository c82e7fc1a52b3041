"""What config.urls adds under DEBUG."""

from django.urls import include, path

from config.urls import urlpatterns as shop

urlpatterns = [path("dev/mail/", include("apps.notifications.dev_mail")), *shop]
