//! What Salesforce itself knows of articles: the cases that they solved, and their translations.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Org, Server};

const ADA: &str = "ada@example.com";
const BERND: &str = "bernd@example.com";
/// Reads all but the records that attach articles to cases.
const CLARA: &str = "clara@example.com";
const QUESTION: &str = "How do I descale the boiler?";
const FRAGE: &str = "Wie wird der Kessel entkalkt?";

fn id(prefix: &str, number: usize) -> String {
    let short = format!("{prefix}Tst{number:09}");
    domain::RecordId::parse(&short).expect("an id").to_string()
}

fn user(number: usize, username: &str, language: &str) -> Value {
    json!({
        "Id": id("005", number), "Username": username, "LastName": username, "Name": username,
        "Email": username, "IsActive": true, "UserType": "Standard",
        "LanguageLocaleKey": language, "ProfileId": id("00e", 1),
    })
}

/// A version of an article; an invisible one is online, but not for the company's own people.
fn article(number: usize, of: usize, language: &str, text: [&str; 2], visible: bool) -> Value {
    let [title, summary] = text;
    json!({
        "Id": id("ka0", number), "KnowledgeArticleId": id("kA0", of),
        "ArticleNumber": format!("{of:09}"), "Title": title, "Summary": summary,
        "UrlName": format!("article-{number}"), "Language": language, "PublishStatus": "Online",
        "IsLatestVersion": true, "VersionNumber": 1, "IsVisibleInApp": visible,
        "OwnerId": id("005", 1),
    })
}

fn case(number: usize, subject: &str, closed: bool) -> Value {
    json!({
        "Id": id("500", number), "CaseNumber": format!("{number:08}"), "Subject": subject,
        "Description": "Please help us.", "OwnerId": id("005", 1), "IsClosed": closed,
        "Status": if closed { "Closed" } else { "New" },
    })
}

fn attached(number: usize, case: usize, article: usize) -> Value {
    json!({
        "Id": id("0AR", number), "CaseId": id("500", case),
        "KnowledgeArticleId": id("kA0", article),
    })
}

fn articles() -> Vec<Value> {
    vec![
        article(
            1,
            1,
            "en_US",
            ["Descale the boiler", "Fill the boiler with acid."],
            true,
        ),
        article(
            2,
            1,
            "de",
            ["Kessel entkalken", "Der Kessel wird mit Essig entkalkt."],
            true,
        ),
        article(
            3,
            1,
            "fr",
            ["Détartrer", "Remplir la chaudière de vinaigre."],
            true,
        ),
        article(
            4,
            1,
            "es",
            ["Descalcificar", "Llenar la caldera de vinagre."],
            false,
        ),
        article(
            5,
            2,
            "en_US",
            ["Limescale", "Softened water keeps pipes clean."],
            true,
        ),
        article(
            6,
            3,
            "en_US",
            ["Paint", "A coat of paint keeps rust away."],
            true,
        ),
    ]
}

fn cases() -> Vec<Value> {
    let knocking = |number| case(number, "Knocking noise at night", number < 4);
    (1..=4).map(knocking).collect()
}

/// Two permission sets, of which one opens the records that attach articles.
fn permissions() -> [(&'static str, Vec<Value>); 4] {
    let set = |number| json!({"Id": id("0PS", number), "Name": format!("Set{number}")});
    let holds = |number, user, set| {
        json!({"Id": id("0Pa", number), "AssigneeId": id("005", user),
               "PermissionSetId": id("0PS", set)})
    };
    let opens = |number, set, object: &str| {
        json!({"Id": id("110", number), "ParentId": id("0PS", set), "SobjectType": object,
               "PermissionsRead": true})
    };
    let fields = ["Case.Subject", "Case.Description", "Knowledge__kav.Summary"];
    let field = |(number, name): (usize, &&str)| {
        let (object, _) = name.split_once('.').expect("a qualified field");
        json!({"Id": id("01k", number), "ParentId": id("0PS", 1), "SobjectType": object,
               "Field": name, "PermissionsRead": true})
    };
    [
        ("PermissionSet", vec![set(1), set(2)]),
        (
            "PermissionSetAssignment",
            vec![
                holds(1, 1, 1),
                holds(2, 2, 1),
                holds(3, 3, 1),
                holds(4, 1, 2),
                holds(5, 2, 2),
            ],
        ),
        (
            "ObjectPermissions",
            vec![
                opens(1, 1, "Case"),
                opens(2, 1, "Knowledge__kav"),
                opens(3, 2, "CaseArticle"),
            ],
        ),
        (
            "FieldPermissions",
            fields.iter().enumerate().map(field).collect(),
        ),
    ]
}

fn write(folder: &Path) {
    let org = json!({"orgId": id("00D", 1), "name": "Boilers", "myDomain": "boilers",
                     "apiVersion": "66.0", "defaultAccess": {}});
    std::fs::write(folder.join("org.json"), org.to_string()).expect("written");
    std::fs::create_dir(folder.join("records")).expect("a folder");
    let mut records = vec![
        (
            "User",
            vec![
                user(1, ADA, "en_US"),
                user(2, BERND, "de_CH"),
                user(3, CLARA, "en_US"),
            ],
        ),
        (
            "Profile",
            vec![json!({"Id": id("00e", 1), "Name": "Staff", "UserType": "Standard"})],
        ),
        ("Knowledge__kav", articles()),
        ("Case", cases()),
        (
            "CaseArticle",
            vec![
                attached(1, 1, 2),
                attached(2, 2, 2),
                attached(3, 3, 2),
                attached(4, 4, 3),
            ],
        ),
    ];
    records.extend(permissions());
    for (object, rows) in records {
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        let path = folder.join("records").join(format!("{object}.jsonl"));
        std::fs::write(path, lines.join("\n") + "\n").expect("written");
    }
}

/// The org, synced without vectors.
fn started() -> (Org, Server, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    write(folder.path());
    let org = Org::of(folder.path()).with_keys(&[ADA, BERND, CLARA]);
    org.configure_without_vectors();
    org.json(&["sync"]);
    let server = org.serve_without_sync();
    (org, server, folder)
}

/// The documents that a search finds, best first.
fn found(reply: &Value) -> Vec<&str> {
    let hits = reply["hits"].as_array().expect("hits");
    let ids = hits.iter().map(|hit| hit["document"]["id"].as_str());
    ids.map(|id| id.expect("an id")).collect()
}

fn languages(hit: &Value) -> Vec<&str> {
    let others = hit["translations"].as_array().into_iter().flatten();
    let mut languages: Vec<&str> = others
        .map(|other| other["language"].as_str().expect("a language"))
        .collect();
    languages.sort_unstable();
    languages
}

#[tokio::test]
async fn an_article_is_listed_in_the_viewers_language() {
    let (_org, server, _folder) = started();
    let [english, german, french] = [id("ka0", 1), id("ka0", 2), id("ka0", 3)];
    for (user, query, wanted) in [
        (ADA, QUESTION, vec![&english]),
        (BERND, QUESTION, vec![&german, &english]),
        (ADA, FRAGE, vec![&english, &german]),
        (BERND, FRAGE, vec![&german]),
    ] {
        let reply = server.search(user, json!({"query": query})).await;
        let ids = found(&reply);
        assert_eq!(ids[..wanted.len()], wanted, "{user} asks {query}");
        assert!(!ids.contains(&french.as_str()), "{user} asks {query}");
        let others = ids
            .iter()
            .filter(|id| [&english, &german].contains(&&id.to_string()));
        assert_eq!(others.count(), wanted.len(), "{user} asks {query}");
        // The Spanish version is not for them, and is not even named.
        let own = if user == ADA { "de" } else { "en_US" };
        assert_eq!(
            languages(&reply["hits"][0]),
            [own, "fr"],
            "{user} asks {query}"
        );
        let shown = &reply["hits"][0]["passages"][0]["record_id"];
        assert_eq!(shown, wanted[0].as_str(), "{user} asks {query}");
    }
}

#[tokio::test]
async fn a_language_or_an_id_that_is_asked_for_counts_more() {
    let (_org, server, _folder) = started();
    let french = json!({"query": "vinaigre chaudière", "filters": {"language": "fr"}});
    let reply = server.search(BERND, french).await;
    assert_eq!(found(&reply), [id("ka0", 3)]);
    assert!(languages(&reply["hits"][0]).is_empty(), "{reply}");

    let reply = server.search(BERND, json!({"query": id("ka0", 1)})).await;
    assert_eq!(found(&reply)[0], id("ka0", 1));
    let reply = server.search(BERND, json!({"query": id("kA0", 1)})).await;
    assert_eq!(found(&reply)[0], id("ka0", 2), "the article, in German");
}

#[tokio::test]
async fn closed_cases_vote_for_the_articles_that_solved_them() {
    let (_org, server, _folder) = started();
    let asked = json!({"query": "knocking noise", "explain": true});
    let reply = server.search(ADA, asked.clone()).await;
    let hits = reply["hits"].as_array().expect("hits");
    let elected = hits
        .iter()
        .find(|hit| hit["document"]["id"] == id("ka0", 5));
    let elected = elected.unwrap_or_else(|| panic!("{reply}"));
    let reason = elected["boosts"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("3 closed cases"), "{reason}");
    let best = hits[0]["score"].as_f64().expect("a score");
    assert!(
        elected["score"].as_f64().expect("a score") < best,
        "{reply}"
    );
    // The fourth case is open: what was tried there is no solution yet.
    assert!(!found(&reply).contains(&id("ka0", 6).as_str()), "{reply}");

    let reply = server.search(CLARA, asked).await;
    let ids = found(&reply);
    assert!(ids.contains(&id("500", 1).as_str()), "{reply}");
    assert!(!ids.contains(&id("ka0", 5).as_str()), "{reply}");
}
