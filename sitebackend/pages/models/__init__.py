"""Pages, posts and their earlier versions."""

from sitebackend.pages.models.address import DeadLink as DeadLink
from sitebackend.pages.models.address import Redirect as Redirect
from sitebackend.pages.models.download import Download as Download
from sitebackend.pages.models.image import Image as Image
from sitebackend.pages.models.page import RESERVED as RESERVED
from sitebackend.pages.models.page import Page as Page
from sitebackend.pages.models.post import Category as Category
from sitebackend.pages.models.post import Post as Post
from sitebackend.pages.models.queries import PageQuerySet as PageQuerySet
from sitebackend.pages.models.revision import Revision as Revision
from sitebackend.pages.models.site_version import SiteVersion as SiteVersion
