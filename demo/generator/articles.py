"""Knowledge: the hand-written files of `knowledge/` as article versions."""

import zlib
from datetime import datetime, timedelta
from pathlib import Path

from generator.org import LAST_DAY, Org, stamp
from generator.richtext import to_html

KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


def read_articles() -> list[dict]:
    """Every file as {url, language, front matter…, body, internal}, older versions first."""
    articles = []
    for path in sorted(KNOWLEDGE.glob("*.md")):
        head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
        article = dict(line.split(": ", 1) for line in head.splitlines())
        url, *marks = path.name.removesuffix(".md").split(".")
        article["url"] = url
        article["language"] = "de" if "de" in marks else "en_US"
        article["body"], _, article["internal"] = body.partition("<!-- internal -->")
        articles.append(article)
    masters = {a["url"]: a for a in articles if a["language"] == "en_US" and a.get("status") == "Online"}
    for article in articles:
        if article["language"] != "en_US":
            article.update({k: v for k, v in masters[article["url"]].items() if k not in article or k == "internal"})
    return sorted(articles, key=lambda a: (a["number"], int(a.get("version", 1)), a["language"] != "en_US"))


def add_articles(org: Org, users: dict) -> dict[tuple[str, str], dict]:
    """Returns the newest version by (url name, language)."""
    newest: dict[tuple[str, str], dict] = {}
    article_ids: dict[str, str] = {}
    latest = {}
    articles = read_articles()
    for article in articles:
        latest[article["number"], article["language"]] = max(
            int(article.get("version", 1)), latest.get((article["number"], article["language"]), 0)
        )
    for article in articles:
        article_id = article_ids.setdefault(
            article["number"], article_ids.get(article["number"]) or org.ids.new("KnowledgeArticle")
        )
        is_latest = int(article.get("version", 1)) == latest[article["number"], article["language"]]
        master = newest.get((article["url"], "en_US")) if article["language"] != "en_US" else None
        record = _add_version(org, users, article, article_id, is_latest, master)
        newest[article["url"], article["language"]] = record
        if article["status"] == "Online":
            _add_categories(org, record, article)
    for number, article_id in article_ids.items():
        _add_views(org, number, article_id)
    return newest


def _add_version(org: Org, users: dict, article: dict, article_id: str, is_latest: bool, master: dict | None) -> dict:
    created = datetime.fromisoformat(article["created"]) + timedelta(hours=9)
    published = datetime.fromisoformat(article["published"]) + timedelta(hours=10) if "published" in article else None
    archived = datetime.fromisoformat(article["archived"]) + timedelta(hours=11) if "archived" in article else None
    if master and published:
        published = min(published + timedelta(days=6), LAST_DAY)  # translations follow a week later
    channels = {channel.strip() for channel in article["channels"].split(",")}
    author = users["tomasz" if zlib.crc32(article["number"].encode()) % 3 else "helen"]["Id"]
    return org.add(
        "Knowledge__kav",
        created=created,
        modified=archived or published or created,
        by=author,
        KnowledgeArticleId=article_id,
        ArticleNumber=article["number"],
        Title=article["title"],
        UrlName=article["url"] + ("-de" if master else ""),
        Summary=article["summary"],
        Answer__c=to_html(article["body"]),
        Internal_Notes__c=to_html(article["internal"]) if article["internal"].strip() else None,
        Language=article["language"],
        PublishStatus=article["status"],
        IsLatestVersion=is_latest,
        VersionNumber=int(article.get("version", 1)),
        IsMasterLanguage=master is None,
        MasterVersionId=master["Id"] if master else None,
        ArticleMasterLanguage="en_US",
        OwnerId=author,
        ValidationStatus="Validated" if article["status"] == "Online" else "Not Validated",
        IsVisibleInApp="app" in channels,
        IsVisibleInPkb="pkb" in channels,
        IsVisibleInCsp="csp" in channels,
        IsVisibleInPrm="prm" in channels,
        FirstPublishedDate=stamp(published) if published else None,
        LastPublishedDate=stamp(published) if published else None,
        ArticleCreatedDate=stamp(created),
        ArchivedDate=stamp(archived) if archived else None,
        ArchivedById=users["helen"]["Id"] if archived else None,
        ArticleArchivedDate=stamp(archived) if archived and is_latest else None,
    )


def _add_categories(org: Org, record: dict, article: dict) -> None:
    for category in article["categories"].split(", "):
        group, name = category.split("/")
        org.add(
            "Knowledge__DataCategorySelection",
            ParentId=record["Id"],
            DataCategoryGroupName=group,
            DataCategoryName=name,
        )


def _add_views(org: Org, number: str, article_id: str) -> None:
    views = 20 + zlib.crc32(number.encode()) % 900
    org.add(
        "Knowledge__ViewStat",
        ParentId=article_id,
        Channel="AllChannels",
        ViewCount=views,
        NormalizedScore=round(views / 9.2, 1),
    )
