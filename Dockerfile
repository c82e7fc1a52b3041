# The shop for production: packages are built in one stage, and run in another by a user who owns nothing but /data.

FROM python:3.12-slim AS packages
WORKDIR /shop
COPY requirements/production.txt requirements/
RUN python -m venv /opt/venv
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/production.txt

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    STATIC_ROOT=/shop/staticfiles \
    DATA_DIR=/data \
    GRANIAN_INTERFACE=wsgi \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000 \
    GRANIAN_HTTP=1 \
    GRANIAN_WEBSOCKETS=false \
    GRANIAN_WORKERS=2 \
    GRANIAN_BLOCKING_THREADS=1 \
    GRANIAN_RESPAWN_FAILED_WORKERS=true \
    GRANIAN_WORKERS_KILL_TIMEOUT=8
WORKDIR /shop
COPY --from=packages /opt/venv /opt/venv
COPY . .
# needs no true secret: these settings know no database, and nothing is signed
RUN SECRET_KEY=unused DJANGO_SETTINGS_MODULE=config.settings.base python manage.py collectstatic --noinput
RUN useradd --system --uid 10001 shop && install --directory --owner shop /data
USER shop
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8000/api/health/live/', timeout=4)"]
CMD ["granian", "config.wsgi:application"]
