use std::time::{Duration, Instant};

use precis_store::{ExactKey, Exclusions, Filters, KeywordQuery, Order, Place};

use crate::support::*;

#[tokio::test]
async fn filters_narrow_both_engines() {
    let first = case(1, "a", "pump").status("New").account(1).owner(1);
    let first = first
        .contact(4)
        .created(day(1))
        .facet("is_closed", "IsClosed", "false");
    let second = case(2, "b", "pump").status("Closed").account(2).owner(1);
    let third = case(3, "c", "pump").facet("product", "Product__c", "PX-200");
    let index = TestIndex::with(vec![
        first.language("en_US").updated(day(1)).build(),
        second.language("de").updated(day(5)).build(),
        third.updated(day(9)).build(),
    ])
    .await;
    let ada = viewer(&["Case"]);
    for (what, filters, expected) in filters_and_cases() {
        let found = index.both(&ada, "pump", &filters).await;
        let expected: Vec<_> = expected.iter().map(|n| id("500", *n)).collect();
        assert_eq!(found, expected, "{what}");
    }
}

fn filters_and_cases() -> Vec<(&'static str, Filters, &'static [u32])> {
    let with = |change: &dyn Fn(&mut Filters)| {
        let mut filters = Filters::default();
        change(&mut filters);
        filters
    };
    let strings = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    let facet = |value: &str| [("product".to_owned(), strings(&[value]))].into();
    vec![
        ("nothing", with(&|_| {}), &[1, 2, 3]),
        ("a status", with(&|f| f.status = strings(&["closed"])), &[2]),
        (
            "two",
            with(&|f| f.status = strings(&["New", "Closed"])),
            &[1, 2],
        ),
        (
            "an account",
            with(&|f| f.accounts = vec![id("001", 1)]),
            &[1],
        ),
        (
            "two accounts",
            with(&|f| f.accounts = vec![id("001", 1), id("001", 2)]),
            &[1, 2],
        ),
        (
            "a contact",
            with(&|f| f.contacts = vec![id("003", 4)]),
            &[1],
        ),
        (
            "an owner",
            with(&|f| f.owners = vec![id("005", 1)]),
            &[1, 2],
        ),
        ("open", with(&|f| f.status = strings(&["Open"])), &[1]),
        ("created", with(&|f| f.created_from = Some(day(1))), &[1]),
        (
            "created before",
            with(&|f| f.created_to = Some(day(2))),
            &[1],
        ),
        (
            "not a status",
            with(&|f| f.not.status = strings(&["closed"])),
            &[1, 3],
        ),
        (
            "neither",
            with(&|f| {
                f.not = Exclusions {
                    owners: vec![id("005", 2)],
                    facets: facet("px-200"),
                    accounts: vec![id("001", 2)],
                    ..Exclusions::default()
                };
            }),
            &[1],
        ),
        (
            "no case",
            with(&|f| f.not.objects = vec![object("Case")]),
            &[],
        ),
        (
            "both lists",
            with(&|f| {
                f.status = strings(&["New", "Closed"]);
                f.also = Some(Box::new(with(&|also| also.status = strings(&["Closed"]))));
            }),
            &[2],
        ),
        (
            "common documents",
            with(&|f| {
                f.documents = Some(vec![id("500", 1), id("500", 2)]);
                let also = with(&|also| also.documents = Some(vec![id("500", 2)]));
                f.also = Some(Box::new(also));
            }),
            &[2],
        ),
        ("a language", with(&|f| f.language = strings(&["de"])), &[2]),
        ("from a day", with(&|f| f.from = Some(day(5))), &[2, 3]),
        ("to a day", with(&|f| f.to = Some(day(5))), &[1, 2]),
        (
            "two days",
            with(&|f| (f.from, f.to) = (Some(day(2)), Some(day(8)))),
            &[2],
        ),
        (
            "no days",
            with(&|f| (f.from, f.to) = (Some(day(8)), Some(day(2)))),
            &[],
        ),
        ("a facet", with(&|f| f.facets = facet("px-200")), &[3]),
        ("another facet", with(&|f| f.facets = facet("PX-300")), &[]),
        (
            "a document",
            with(&|f| f.documents = Some(vec![id("500", 2)])),
            &[2],
        ),
        ("no document", with(&|f| f.documents = Some(vec![])), &[]),
        (
            "an object",
            with(&|f| f.objects = vec![object("Case")]),
            &[1, 2, 3],
        ),
        (
            "another object",
            with(&|f| f.objects = vec![object("Task")]),
            &[],
        ),
        (
            "both",
            with(&|f| (f.owners, f.status) = (vec![id("005", 1)], strings(&["New"]))),
            &[1],
        ),
    ]
}

#[tokio::test]
async fn codes_are_found_whole_before_their_parts() {
    let index = TestIndex::with(vec![
        case(1, "x", "Controller shows ERR-1042 at start").build(),
        case(2, "x", "Err on page 1042 of the manual, err err").build(),
        case(3, "x", "Windows says 0x80070005, access denied").build(),
        case(4, "x", "Firmware v2.4.1 on PX-200").build(),
        case(5, "x", "Firmware v2.4.0 on PX-300").build(),
    ])
    .await;
    let ada = viewer(&["Case"]);
    let best = async |text: &str| index.words(&ada, text).await.first().copied();

    assert_eq!(best("err-1042").await, Some(id("500", 1)));
    assert_eq!(best("ERR1042").await, Some(id("500", 1)));
    assert_eq!(best("what is 0X80070005?").await, Some(id("500", 3)));
    assert_eq!(best("firmware v2.4.1").await, Some(id("500", 4)));
    assert_eq!(best("px300").await, Some(id("500", 5)));
    assert_eq!(best("(PX-200)").await, Some(id("500", 4)));
    assert_eq!(best("err 1042").await, Some(id("500", 1)));
    assert_eq!(best("px 300").await, Some(id("500", 5)));
    assert_eq!(best("2.4.1").await, Some(id("500", 4)));
    let codes = |text: &str| KeywordQuery::parse(text).codes();
    for text in ["err 1042", "ERR1042", "err-1042"] {
        let [code] = codes(text).try_into().expect("one code");
        let found = index
            .reader
            .keyword(&ada, &code, &Filters::default(), 9)
            .await;
        let found: Vec<_> = found.unwrap().iter().map(|hit| hit.document).collect();
        assert_eq!(found, [id("500", 1)], "{text}");
    }
}

#[tokio::test]
async fn a_phrase_must_occur_as_it_stands() {
    let index = TestIndex::with(vec![
        case(1, "x", "low pump, pressure is fine").build(),
        case(2, "x", "we saw pump pressure low on the panel").build(),
        case(3, "pump pressure low", "nothing but the title says it here").build(),
    ])
    .await;
    let find = async |text: &str| {
        let query = index.reader.phrase(text).expect("a phrase");
        let found = index
            .reader
            .keyword(&viewer(&["Case"]), &query, &Filters::default(), 9)
            .await;
        let mut found: Vec<_> = found.unwrap().iter().map(|hit| hit.document).collect();
        found.sort();
        found
    };
    assert_eq!(
        find("pump pressure low").await,
        [id("500", 2), id("500", 3)]
    );
    assert_eq!(find("panel").await, [id("500", 2)]);
    assert!(find("pressure pump").await.is_empty());
    assert!(index.reader.phrase(" … ").is_none());
}

#[tokio::test]
async fn a_list_by_date_goes_on_where_it_was_whatever_is_written() {
    let updated = |n: u32, when| case(n, "a", "pump").updated(day(when)).build();
    // Four of one time, as a data load leaves them.
    let mut index = TestIndex::with((1..=4).map(|n| updated(n, 5)).collect()).await;
    index.add(vec![updated(5, 9), updated(6, 2)]).await;
    let ada = viewer(&["Case"]);
    let page = async |index: &TestIndex, after: Option<Place>, order| {
        let filters = Filters::default();
        index
            .reader
            .listed(&ada, &filters, order, after, 2)
            .await
            .unwrap()
    };
    let ids = |page: &[Place]| -> Vec<u32> {
        let number = |place: &Place| place.document.as_str()[5..15].parse().unwrap();
        page.iter().map(number).collect()
    };
    let first = page(&index, None, Order::Newest).await;
    assert_eq!(ids(&first), [5, 1]);
    assert_eq!(first[0].updated_at, day(9));

    // What was shown goes, something new comes first, something comes between and one is next.
    index.remove(vec![id("500", 1)]).await;
    index.add(vec![updated(7, 10), updated(8, 5)]).await;
    let second = page(&index, first.last().copied(), Order::Newest).await;
    assert_eq!(ids(&second), [2, 3]);
    let third = page(&index, second.last().copied(), Order::Newest).await;
    assert_eq!(ids(&third), [4, 8]);
    let last = page(&index, third.last().copied(), Order::Newest).await;
    assert_eq!(ids(&last), [6]);

    let oldest = page(&index, None, Order::Oldest).await;
    assert_eq!(ids(&oldest), [6, 2]);
    let next = page(&index, oldest.last().copied(), Order::Oldest).await;
    assert_eq!(ids(&next), [3, 4]);
    let nobody = viewer_of_fields(&["Task.Subject"]);
    let none = Filters::default();
    let listed = index.reader.listed(&nobody, &none, Order::Newest, None, 9);
    assert!(listed.await.unwrap().is_empty());
}

#[tokio::test]
async fn a_quoted_phrase_ranks_before_its_words() {
    let index = TestIndex::with(vec![
        case(1, "x", "low pump, pressure is fine, pressure low pump").build(),
        case(
            2,
            "x",
            "we saw pump pressure low on the panel of the controller",
        )
        .build(),
    ])
    .await;
    let found = index
        .words(&viewer(&["Case"]), "\"pump pressure low\"")
        .await;
    assert_eq!(found, [id("500", 2), id("500", 1)]);
}

#[tokio::test]
async fn a_title_weighs_more_than_a_mention() {
    let mention = "the valve was mentioned once in a long report about the heat of this summer, which \
                   took many by surprise and closed the roads to the north for three weeks";
    let mut cases = vec![
        case(1, "Weather", mention).build(),
        case(2, "Valve", "it was replaced yesterday by us").build(),
    ];
    // An index of two texts has no usual length.
    cases.extend((3..12).map(|n| case(n, "Pump", "it was cleaned and runs again").build()));
    let index = TestIndex::with(cases).await;
    let found = index.words(&viewer(&["Case"]), "valve").await;
    assert_eq!(found, [id("500", 2), id("500", 1)]);
}

#[tokio::test]
async fn one_slip_of_the_keyboard_is_forgiven_in_words_but_not_in_codes() {
    let index = TestIndex::with(vec![
        case(
            1,
            "x",
            "Zollinger: compressor vibrates, humidity and calibration too",
        )
        .build(),
        case(2, "x", "Error 0x80070005 of INST-0060").build(),
    ])
    .await;
    let ada = viewer(&["Case"]);
    for (typed, meant) in [
        ("the compresor", Some("the compressor")),
        ("Zolinger says", Some("zolling says")),
        ("vibartes", Some("vibrat")),
        ("humidty", Some("humid")),
        ("calibraton", Some("calibr")),
        ("\"compresor\"", None),
        ("compasses", None),
        ("pumb", None),
        ("0x80070006", None),
        ("INST-0061", None),
        ("compressor@acme.com", None),
        ("dompressor", None),
    ] {
        let found = index
            .reader
            .respelled(&viewer(&["Case"]), typed)
            .await
            .unwrap();
        let text = found.as_ref().map(|found| found.text.as_str());
        assert_eq!(text, meant, "{typed}");
        let Some(found) = found else { continue };
        let hits = index
            .reader
            .keyword(&ada, &found.query, &Filters::default(), 9)
            .await
            .unwrap();
        assert_eq!(hits[0].document, id("500", 1), "{typed}");
    }
}

#[tokio::test]
async fn exact_keys_name_documents() {
    let index = TestIndex::with(vec![
        case(1026, "a", "text")
            .comment(7, "from Ann@Acme.com")
            .build(),
        case(2, "b", "text").build(),
    ])
    .await;
    let ada = viewer(&["Case", "CaseComment"]);
    let find = async |key: ExactKey| {
        index
            .reader
            .exact(&ada, &[key], &Filters::default())
            .await
            .unwrap()
    };
    let case = [id("500", 1026)];
    assert_eq!(find(ExactKey::Number("00001026".into())).await, case);
    assert_eq!(find(ExactKey::Number("1026".into())).await, case);
    assert_eq!(find(ExactKey::Id(id("500", 1026))).await, case);
    assert_eq!(find(ExactKey::Id(id("00a", 7))).await, case);
    assert_eq!(find(ExactKey::Email("ann@acme.com".into())).await, case);
    assert!(find(ExactKey::Number("102".into())).await.is_empty());

    let keys = [
        ExactKey::Number("2".into()),
        ExactKey::Number("1026".into()),
    ];
    let found = index.reader.exact(&ada, &keys, &Filters::default()).await;
    assert_eq!(found.unwrap(), [id("500", 2), id("500", 1026)]);
}

#[tokio::test]
async fn hostile_queries_are_answered_at_once() {
    let cases = (1..200).map(|n| case(n, "Pump", &format!("text number {n} of many")).build());
    let index = TestIndex::with(cases.collect()).await;
    let ada = viewer(&["Case"]);
    let mut queries = vec![
        String::new(),
        "\"".to_owned(),
        "\"\"\"".to_owned(),
        "\u{0}\u{1}\u{7f}\u{202e}\u{feff}".to_owned(),
        "AND OR NOT ( [ { ^ ~ * ? : \\ /".to_owned(),
        "👩‍👩‍👧‍👦 ǆ ﷽ ßẞ İı ﬁ e\u{301}".to_owned(),
        "pump ".repeat(300_000),
        "\"pump\" ".repeat(150_000),
        "a".repeat(1_000_000),
        "-".repeat(1_000_000),
        "日".repeat(400_000),
        "ERR-1 ".repeat(170_000),
    ];
    queries.push((0..150_000).map(|n| format!("number{n} ")).collect());
    for text in queries {
        let start = Instant::now();
        let query = KeywordQuery::parse(&text);
        index
            .reader
            .keyword(&ada, &query, &Filters::default(), 10)
            .await
            .unwrap();
        query.highlights("a pump \u{0} number 7");
        let beginning: String = text.chars().take(20).collect();
        assert!(
            start.elapsed() < Duration::from_millis(500),
            "{beginning}: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn limits_of_nothing_and_of_everything_are_fine() {
    let index = TestIndex::with(vec![case(1, "a", "pump").build()]).await;
    let (ada, query) = (viewer(&["Case"]), KeywordQuery::parse("pump"));
    for (limit, expected) in [(0, 0), (1, 1), (usize::MAX, 1)] {
        let words = index
            .reader
            .keyword(&ada, &query, &Filters::default(), limit)
            .await;
        assert_eq!(words.unwrap().len(), expected);
        let near = index
            .reader
            .vector(&ada, &vector("pump"), &Filters::default(), limit)
            .await;
        assert_eq!(near.unwrap().len(), expected);
    }
}

#[test]
fn highlights_mark_the_words_that_matched() {
    let query = KeywordQuery::parse("resetting ERR-1042");
    let marked = query.highlights("Ärger: reset (err-1042)");
    assert_eq!(marked, [(7, 12), (14, 22)]);
}
