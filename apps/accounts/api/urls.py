from django.urls import path

from apps.accounts.api import schema  # noqa: F401  registers the scheme of our tokens
from apps.accounts.api.views import customers, doors, me, proofs, rights, sessions, step_up

urlpatterns = [
    path("auth/register/", doors.RegisterView.as_view()),
    path("auth/login/", doors.LoginView.as_view()),
    path("auth/google/", doors.GoogleView.as_view()),
    path("auth/refresh/", doors.RefreshView.as_view()),
    path("auth/logout/", doors.LogoutView.as_view()),
    path("auth/verify-email/", proofs.VerifyEmailView.as_view()),
    path("auth/verify-email/<str:token>/", proofs.VerificationLinkView.as_view()),
    path("auth/resend-verification/", proofs.ResendVerificationView.as_view()),
    path("auth/password-reset/", proofs.PasswordResetView.as_view()),
    path("auth/password-reset/confirm/", proofs.PasswordResetConfirmView.as_view()),
    path("auth/change-password/", proofs.ChangePasswordView.as_view()),
    path("auth/change-email/", proofs.ChangeEmailView.as_view()),
    path("auth/change-email/confirm/", proofs.ChangeEmailConfirmView.as_view()),
    path("auth/otp/", step_up.CodeView.as_view()),
    path("auth/otp/verify/", step_up.CodeVerifyView.as_view()),
    path("auth/sessions/", sessions.SessionListView.as_view()),
    path("auth/sessions/stats/", sessions.SessionStatsView.as_view()),
    path("auth/sessions/deactivate-all/", sessions.OtherSessionsDeactivateView.as_view()),
    path("auth/sessions/<uuid:session_id>/deactivate/", sessions.SessionDeactivateView.as_view()),
    path("admin/customers/", customers.CustomerViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "admin/customers/<uuid:customer_id>/",
        customers.CustomerViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("admin/customers/<uuid:customer_id>/unlock/", customers.CustomerViewSet.as_view({"post": "unlock"})),
    path("me/", me.MeView.as_view()),
    path("me/export/", rights.DataExportView.as_view()),
    path("me/export/<str:export_token>/", rights.DataExportFileView.as_view()),
    path("me/preferences/", me.PreferencesView.as_view()),
    path("me/picture/", me.PictureView.as_view()),
    path("me/addresses/", me.AddressViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "me/addresses/<uuid:address_id>/",
        me.AddressViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
]
