"""What search engines are told of the business (schema.org LocalBusiness, as JSON-LD)."""

from typing import Any

from django.conf import settings

from sitebackend.models import SiteSettings
from sitebackend.pages.opening_hours import specifications


def local_business(site: SiteSettings) -> dict[str, Any]:
    """Only what the operator has entered; empty facts are left out."""
    facts = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "name": site.business_name,
        "description": site.claim,
        "url": f"{settings.SITE_URL}/",
        "logo": site.logo and settings.SITE_URL + site.logo.fallback,
        "email": site.email,
        "telephone": site.phone,
        "vatID": site.vat_number,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": site.street,
            "postalCode": site.postal_code,
            "addressLocality": site.city,
            "addressCountry": site.country,
        },
        "openingHoursSpecification": list(specifications(site.opening_hours)),
    }
    return {name: value for name, value in facts.items() if value}
