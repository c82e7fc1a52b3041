"""Every address of the shop: the API under /api/v1/, documents and health beside it, the staff's admin."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from apps.common.api.metrics import metrics_page
from apps.common.pages import favicon

handler404 = "apps.common.api.problems.not_found"
handler500 = "apps.common.api.problems.server_error"

# They are tried from the top, so what is asked for most often stands first.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("apps.catalog.api.urls")),
    path("api/v1/", include("apps.cart.api.urls")),
    path("api/v1/", include("apps.checkout.api.urls")),
    path("api/v1/", include("apps.accounts.api.urls")),
    path("api/v1/", include("apps.stores.api.urls")),
    path("api/v1/", include("apps.inventory.api.urls")),
    path("api/v1/", include("apps.bulk.api.urls")),
    path("api/v1/", include("apps.fx_rates.api.urls")),
    path("api/v1/", include("apps.orders.api.urls")),
    path("api/v1/", include("apps.payments.api.urls")),
    path("api/v1/", include("apps.reviews.api.urls")),
    path("api/v1/", include("apps.wishlists.api.urls")),
    path("api/v1/", include("apps.notifications.api.urls")),
    path("api/", include("apps.common.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(), name="docs"),
    path("api/redoc/", SpectacularRedocView.as_view(), name="redoc"),
    path("admin/second-factor/", include("apps.accounts.admin.second_factor")),
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon),
    path("metrics/", metrics_page),
]

if settings.DEBUG:
    urlpatterns += [path("dev/mail/", include("apps.notifications.dev_mail"))]
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
