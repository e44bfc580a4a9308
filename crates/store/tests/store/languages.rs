use precis_store::{ExactKey, Filters};

use crate::support::*;

const GERMAN: &str = "Seit dem Umzug klemmen die Türen der beiden Schränke, und wir wissen nicht, \
                      woran das liegt. Bitte schicken Sie uns einen Techniker.";
const ENGLISH: &str = "Since the move the doors of both cabinets are jammed, and we do not know why. \
                       Please send us a technician for the freezers.";

#[tokio::test]
async fn words_are_found_in_the_language_of_the_text() {
    let index = TestIndex::with(vec![
        case(1, "Beschwerde", GERMAN).build(),
        case(2, "Complaint", ENGLISH).build(),
        case(3, "Puertas", "Las puertas").language("es").build(),
    ])
    .await;
    let ada = viewer(&["Case"]);
    for (query, expected) in [
        ("Tür", &[1][..]),
        ("TUEREN", &[1]),
        ("Schranks", &[1]),
        ("door", &[2]),
        ("freezer", &[2]),
        ("puerta", &[3]),
    ] {
        let found = index.words(&ada, query).await;
        let expected: Vec<_> = expected.iter().map(|n| id("500", *n)).collect();
        assert_eq!(found, expected, "{query}");
    }
    let query = index.reader.parse("Was ist mit der Tür?");
    let (from, to) = query.highlights(GERMAN)[0];
    let marked: String = GERMAN.chars().skip(from).take(to - from).collect();
    assert_eq!(marked, "Türen", "and not the words that say nothing");
    assert_eq!(query.highlights(GERMAN).len(), 1);
}

#[tokio::test]
async fn a_quotation_is_found_in_its_language() {
    let index = TestIndex::with(vec![
        case(1, "a", GERMAN).build(),
        case(
            2,
            "b",
            "Der Schrank hat zwei Türen, und beide sind offen, weil niemand sie schließt.",
        )
        .build(),
    ])
    .await;
    let found = index
        .words(&viewer(&["Case"]), "\"beiden Schränke\" Türen")
        .await;
    assert_eq!(found[0], id("500", 1));
}

#[tokio::test]
async fn an_english_index_reads_questions_as_before() {
    let index = TestIndex::with(vec![case(1, "Complaint", ENGLISH).build()]).await;
    for text in [
        "Wie lange muss der Schrank aus sein?",
        "jammed \"freezer doors\" E17",
    ] {
        assert_eq!(
            index.reader.parse(text),
            precis_store::KeywordQuery::parse(text)
        );
    }
}

#[tokio::test]
async fn an_article_is_known_by_its_id_in_each_of_its_languages() {
    let article = id("kA0", 1);
    let index = TestIndex::with(vec![
        case(1, "Doors", "jammed")
            .version_of(article, 1)
            .language("en_US")
            .build(),
        case(2, "Türen", "klemmen")
            .version_of(article, 2)
            .language("de")
            .build(),
        case(3, "About it", "a case").build(),
    ])
    .await;
    let ada = viewer(&["Case"]);
    let languages: Vec<_> = index.reader.languages(&ada).into_iter().collect();
    assert_eq!(languages, ["de", "en_us"]);
    assert!(index.reader.languages(&viewer(&["Task"])).is_empty());
    let exact = |filters: Filters| {
        let (reader, ada) = (index.reader.clone(), ada.clone());
        async move { reader.exact(&ada, &[ExactKey::Id(article)], &filters).await }
    };
    let all = exact(Filters::default()).await.unwrap();
    assert_eq!(all, [id("ka0", 1), id("ka0", 2)]);
    let german = Filters {
        language: vec!["de".to_owned()],
        ..Filters::default()
    };
    assert_eq!(exact(german).await.unwrap(), [id("ka0", 2)]);
}
