from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("o/", include(("oauth2_provider.urls", "oauth2_provider"), namespace="oauth2_provider")),
    path("admin/", admin.site.urls),
]
