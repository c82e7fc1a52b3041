from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.stores.models import Store, StoreInvitation, StoreMember, StoreRole


class StoreSerializer(serializers.ModelSerializer[Store]):
    """A store as everybody sees it."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Store
        fields = ["id", "slug", "name", "base_currency"]
        read_only_fields = fields


class OwnStoreSerializer(StoreSerializer):
    """A store as those see it who work there."""

    class Meta(StoreSerializer.Meta):
        fields = [*StoreSerializer.Meta.fields, "email", "is_active"]
        read_only_fields = fields


class NewStoreInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(max_length=254, required=False, help_text="Where new orders are announced.")


class StoreInput(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)


class MembershipSerializer(serializers.ModelSerializer[StoreMember]):
    """A store that somebody works in, and as what."""

    store = OwnStoreSerializer(read_only=True)

    class Meta:
        model = StoreMember
        fields = ["store", "role", "created_at"]
        read_only_fields = fields


class MemberSerializer(serializers.ModelSerializer[StoreMember]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    first_name = serializers.CharField(source="user.first_name", read_only=True)
    last_name = serializers.CharField(source="user.last_name", read_only=True)

    class Meta:
        model = StoreMember
        fields = ["id", "email", "first_name", "last_name", "role", "created_at"]
        read_only_fields = fields


class RoleInput(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=StoreRole.choices)


class InviteInput(RoleInput):
    email = serializers.EmailField(max_length=254)


class InvitationSerializer(serializers.ModelSerializer[StoreInvitation]):
    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = StoreInvitation
        fields = ["id", "email", "role", "created_at", "expires_at"]
        read_only_fields = fields


class MyInvitationSerializer(serializers.ModelSerializer[StoreInvitation]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    store = StoreSerializer(read_only=True)

    class Meta:
        model = StoreInvitation
        fields = ["id", "store", "role", "expires_at"]
        read_only_fields = fields
