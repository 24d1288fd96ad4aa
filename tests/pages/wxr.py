"""Export files as WordPress writes them, with its oddities: both namespaces, CDATA, empty dates, stray bytes."""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.6.2" created="2026-10-01 08:00" -->
<rss version="2.0"
  xmlns:excerpt="{scheme}://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:wfw="http://wellformedweb.org/CommentAPI/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="{scheme}://wordpress.org/export/1.2/">
<channel>
<title>Alte Seite</title>
<link>https://www.alt.example</link>
<language>{language}</language>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>https://www.alt.example</wp:base_site_url>
<wp:author><wp:author_login><![CDATA[erika]]></wp:author_login><wp:author_email><![CDATA[erika@alt.example]]></wp:author_email></wp:author>
"""


def wxr(*items: str, scheme: str = "http", language: str = "de") -> bytes:
    return (HEAD.format(scheme=scheme, language=language) + "\n".join(items) + "\n</channel></rss>\n").encode()


def item(
    number: int,
    title: str = "",
    *,
    kind: str = "page",
    content: str = "",
    slug: str = "",
    link: str | None = None,
    status: str = "publish",
    date: str = "2019-05-03 08:12:00",
    excerpt: str = "",
    parent: int = 0,
    order: int = 0,
    topics: Mapping[str, str] | None = None,
    menu: str = "",
    meta: Mapping[str, str] | None = None,
    file: str = "",
    password: str = "",
    comments: int = 0,
) -> str:
    terms = [f'<category domain="category" nicename={quoteattr(name)}><![CDATA[{words}]]></category>'
             for name, words in (topics or {}).items()]  # fmt: skip
    if menu:
        terms.append(f'<category domain="nav_menu" nicename={quoteattr(menu)}><![CDATA[{menu}]]></category>')
    metas = [
        f"<wp:postmeta><wp:meta_key><![CDATA[{name}]]></wp:meta_key>"
        f"<wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
        for name, value in (meta or {}).items()
    ]
    said = "<wp:comment><wp:comment_author_email>max@example.org</wp:comment_author_email></wp:comment>" * comments
    address = f"https://www.alt.example/{slug}/" if link is None else link
    return f"""<item>
<title><![CDATA[{title}]]></title>
<link>{escape(address)}</link>
<dc:creator><![CDATA[erika]]></dc:creator>
<content:encoded><![CDATA[{content}]]></content:encoded>
<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded>
<wp:post_id>{number}</wp:post_id>
<wp:post_date_gmt><![CDATA[{date}]]></wp:post_date_gmt>
<wp:post_name><![CDATA[{slug}]]></wp:post_name>
<wp:status><![CDATA[{status}]]></wp:status>
<wp:post_parent>{parent}</wp:post_parent>
<wp:menu_order>{order}</wp:menu_order>
<wp:post_type><![CDATA[{kind}]]></wp:post_type>
<wp:post_password><![CDATA[{password}]]></wp:post_password>
{f"<wp:attachment_url><![CDATA[https://www.alt.example{file}]]></wp:attachment_url>" if file else ""}
{"".join(terms)}{"".join(metas)}{said}
</item>"""


def upload(number: int, file: str, *, title: str = "", alt: str = "") -> str:
    meta = {"_wp_attached_file": file.rpartition("uploads/")[2]} | ({"_wp_attachment_image_alt": alt} if alt else {})
    return item(number, title, kind="attachment", status="inherit", file=file, meta=meta)


def menu_entry(
    number: int, page: int, order: int, *, menu: str = "hauptmenue", title: str = "", parent: int = 0
) -> str:
    meta = {"_menu_item_type": "post_type", "_menu_item_object": "page", "_menu_item_object_id": str(page),
            "_menu_item_menu_item_parent": str(parent)}  # fmt: skip
    return item(number, title, kind="nav_menu_item", order=order, menu=menu, meta=meta)
