from django.urls import path

from apps.stores.api import views

urlpatterns = [
    path("stores/", views.StoreListView.as_view(), name="stores"),
    path("stores/<slug:slug>/", views.StoreView.as_view(), name="store"),
    path("stores/<slug:slug>/members/", views.MemberListView.as_view(), name="store-members"),
    path("stores/<slug:slug>/members/<uuid:member_id>/", views.MemberView.as_view(), name="store-member"),
    path("stores/<slug:slug>/invitations/", views.InvitationListView.as_view(), name="store-invitations"),
    path(
        "stores/<slug:slug>/invitations/<uuid:invitation_id>/", views.InvitationView.as_view(), name="store-invitation"
    ),
    path("me/stores/", views.MyStoresView.as_view(), name="my-stores"),
    path("me/stores/<slug:slug>/", views.MyStoreView.as_view(), name="my-store"),
    path("me/store-invitations/", views.MyInvitationsView.as_view(), name="my-store-invitations"),
    path("me/store-invitations/<uuid:invitation_id>/", views.MyInvitationView.as_view(), name="my-store-invitation"),
]
