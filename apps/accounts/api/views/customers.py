"""Customers, for the staff who look after them."""

from __future__ import annotations

from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import selectors, services
from apps.accounts.api.permissions import MayLookAfterCustomers
from apps.accounts.api.serializers import CustomerInput, CustomerSerializer, ProfileInput
from apps.accounts.models import User


class CustomerFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="find", label="Part of the e-mail address, a name or the phone number.")
    is_active = django_filters.BooleanFilter()

    class Meta:
        model = User
        fields = ["search", "is_active"]

    def find(self, people: QuerySet[User], name: str, words: str) -> QuerySet[User]:
        for word in words.split():
            where = Q(email__icontains=word) | Q(phone__icontains=word)
            people = people.filter(where | Q(first_name__icontains=word) | Q(last_name__icontains=word))
        return people


class CustomerViewSet(viewsets.GenericViewSet[User], mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Everybody who is not staff. Colleagues are looked after in the admin, by superusers."""

    queryset = User.objects.none()
    serializer_class = CustomerSerializer
    permission_classes = [IsAuthenticated, MayLookAfterCustomers]
    filterset_class = CustomerFilter
    lookup_field = "public_id"
    lookup_url_kwarg = "customer_id"

    def get_queryset(self) -> QuerySet[User]:
        return selectors.customers()

    @extend_schema(request=CustomerInput, responses={201: CustomerSerializer})
    def create(self, request: Request) -> Response:
        """Make an account for somebody, who opens it by a mailed link."""
        params = CustomerInput(data=request.data)
        params.is_valid(raise_exception=True)
        return Response(CustomerSerializer(services.create_customer(**params.validated_data)).data, status=201)

    @extend_schema(request=ProfileInput, responses=CustomerSerializer)
    def partial_update(self, request: Request, customer_id: UUID) -> Response:
        """Correct what the customer could change himself."""
        params = ProfileInput(data=request.data)
        params.is_valid(raise_exception=True)
        user = services.update_profile(user=self.get_object(), **params.validated_data)
        return Response(CustomerSerializer(user).data)

    def destroy(self, request: Request, customer_id: UUID) -> Response:
        """Lock the account and sign it out everywhere; nothing is lost, and it can be unlocked."""
        services.lock_user(user=self.get_object())
        return Response(status=204)

    @extend_schema(request=None, responses=CustomerSerializer)
    def unlock(self, request: Request, customer_id: UUID) -> Response:
        """Open a locked account again."""
        return Response(CustomerSerializer(services.unlock_user(user=self.get_object())).data)
