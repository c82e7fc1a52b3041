"""What everybody may have of the data that the shop keeps about him."""

from __future__ import annotations

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api.serializers import DataExportSerializer
from apps.accounts.api.views.doors import device_of
from apps.accounts.api.views.me import me_of
from apps.common.private_files import archive_response


class DataExportView(APIView):
    """All that the shop knows of the signed-in person, as a ZIP of JSON files and pictures."""

    @extend_schema(operation_id="me_export_retrieve", responses=DataExportSerializer)
    def get(self, request: Request) -> Response:
        """How far the latest one is: queued, ready or expired."""
        return Response(DataExportSerializer(selectors.newest_export(me_of(request))).data)

    @extend_schema(operation_id="me_export_create", request=None, responses={202: DataExportSerializer})
    def post(self, request: Request) -> Response:
        """Have it put together; a link comes by mail. While one is queued, that one is answered."""
        export = services.request_export(user=me_of(request), device=device_of(request))
        return Response(DataExportSerializer(export).data, status=202)


class DataExportFileView(APIView):
    @extend_schema(operation_id="me_export_download", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, export_token: str) -> FileResponse:
        """The ZIP, by the token from the mail and the login of the person that it is about."""
        export = services.open_export(user=me_of(request), token=export_token, device=device_of(request))
        return archive_response(export.file, name="my-data.zip")
