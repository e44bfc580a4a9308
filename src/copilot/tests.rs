use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::Url;

use super::connector::{definition, mcp};
use super::lint::{Finding, lint};
use super::{Auth, Error, File, Target, package, write};
use crate::http::{document_json, swagger};

fn target(auth: Auth) -> Target {
    let url = Url::parse("https://precis.example.com/").unwrap();
    Target::new(url, auth, "Precis Knowledge").unwrap()
}

fn files(auth: Auth) -> Vec<File> {
    package(&swagger(&document_json()), &target(auth)).unwrap()
}

fn text(files: &[File], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path);
    String::from_utf8(file.unwrap().content.clone()).unwrap()
}

fn yaml(files: &[File], path: &str) -> Value {
    serde_saphyr::from_str(&text(files, path)).unwrap()
}

fn parsed(files: &[File], path: &str) -> Value {
    serde_json::from_str(&text(files, path)).unwrap()
}

#[test]
fn connectors_keep_every_rule() {
    for auth in [Auth::Key, Auth::Entra] {
        let definition = definition(&swagger(&document_json()), &target(auth));
        assert_eq!(lint(&definition), []);
        assert_eq!(lint(&mcp(&target(auth))), []);
    }
}

#[test]
fn a_broken_rule_is_found() {
    let mut definition = definition(&swagger(&document_json()), &target(Auth::Key));
    definition["info"]["title"] = json!("Salesforce API");
    definition["paths"]["/v1/search"]["post"]["operationId"] = json!("search-records");
    let places: BTreeSet<String> = lint(&definition)
        .into_iter()
        .map(|Finding { place, .. }| place)
        .collect();
    let expected = ["info.title", "post /v1/search"].map(str::to_owned);
    assert_eq!(places, BTreeSet::from(expected));
}

#[test]
fn the_connector_has_what_makers_use_and_nothing_else() {
    let server = swagger(&document_json());
    let definition = definition(&server, &target(Auth::Key));
    let mut ids = BTreeSet::new();
    for (path, item) in definition["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            ids.insert(operation["operationId"].as_str().unwrap());
            let served = &server["paths"][path][method];
            assert_eq!(served["operationId"], operation["operationId"]);
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(served["responses"][status].is_object(), "{path} {status}");
            }
        }
    }
    let expected = [
        "Answer",
        "BriefAccount",
        "GetRecord",
        "Search",
        "SearchKnowledge",
        "SendFeedback",
        "TriageCase",
    ];
    assert_eq!(ids, BTreeSet::from(expected));
    assert_eq!(definition["host"], "precis.example.com");
    assert_eq!(definition["basePath"], "/");
    assert_eq!(definition["schemes"], json!(["https"]));
}

#[test]
fn the_topic_fills_the_columns_that_are_read() {
    for auth in [Auth::Key, Auth::Entra] {
        let topic = yaml(&files(auth), "topics/OnKnowledgeRequested.topic.mcs.yaml");
        assert_eq!(topic["kind"], "AdaptiveDialog");
        assert_eq!(topic["beginDialog"]["kind"], "OnKnowledgeRequested");
        assert_eq!(topic["inputType"], json!({}));
        assert_eq!(topic["outputType"], json!({}));
        let actions = topic["beginDialog"]["actions"].as_array().unwrap();
        assert_eq!(actions.len(), 2);
        assert_eq!(actions[1]["variable"], "System.SearchResults");
        assert_eq!(
            actions[1]["value"],
            "=ForAll(Topic.searchResults.results, { Content: snippet, ContentLocation: url, Title: title })"
        );
        let said = actions[0].to_string();
        assert!(said.contains("System.SearchQuery"), "{said}");
        assert!(said.contains("System.KeywordSearchQuery"), "{said}");
    }
}

#[test]
fn the_topic_asks_the_way_that_it_proves_who_asks() {
    let path = "topics/OnKnowledgeRequested.topic.mcs.yaml";
    let topic = yaml(&files(Auth::Key), path);
    let request = &topic["beginDialog"]["actions"][0];
    assert_eq!(request["kind"], "HttpRequestAction");
    assert_eq!(request["method"], "Post");
    assert_eq!(
        request["url"],
        "https://precis.example.com/v1/copilot/knowledge"
    );
    assert_eq!(
        request["headers"]["Authorization"],
        "=\"Bearer \" & Env.precis_ApiKey"
    );
    assert_eq!(request["body"]["kind"], "JsonRequestContent");
    assert_eq!(request["errorHandling"]["kind"], "ContinueOnErrorBehavior");
    let columns = &request["responseSchema"]["properties"]["results"]["type"]["properties"];
    let expected = json!({"snippet": "String", "title": "String", "url": "String"});
    assert_eq!(*columns, expected);

    let topic = yaml(&files(Auth::Entra), path);
    let request = &topic["beginDialog"]["actions"][0];
    assert_eq!(request["kind"], "InvokeConnectorAction");
    assert_eq!(request["connectionProperties"]["mode"], "Invoker");
    assert_eq!(request["operationId"], "SearchKnowledge");
    let definition = parsed(&files(Auth::Entra), "connector/apiDefinition.swagger.json");
    let operation = &definition["paths"]["/v1/copilot/knowledge"]["post"];
    let body = &operation["parameters"][0];
    let reference = body["schema"]["$ref"].as_str().unwrap();
    let name = reference.trim_start_matches("#/definitions/");
    let known = &definition["definitions"][name]["properties"];
    for bound in request["input"]["binding"].as_object().unwrap().keys() {
        let (parameter, member) = bound.split_once('/').unwrap();
        assert_eq!(body["name"], *parameter);
        assert!(known[member].is_object(), "{bound}");
    }
}

#[test]
fn the_tool_asks_as_the_user() {
    let files = files(Auth::Entra);
    let tool = yaml(&files, "agent/tool.mcs.yaml");
    assert_eq!(tool["kind"], "TaskDialog");
    let action = &tool["action"];
    assert_eq!(action["kind"], "InvokeExternalAgentTaskAction");
    assert_eq!(action["connectionProperties"]["mode"], "Invoker");
    assert_eq!(
        action["operationDetails"]["kind"],
        "ModelContextProtocolMetadata"
    );
    let definition = parsed(&files, "mcp-connector/apiDefinition.swagger.json");
    let operation = &definition["paths"]["/mcp"]["post"];
    assert_eq!(operation["x-ms-agentic-protocol"], "mcp-streamable-1.0");
    assert_eq!(
        operation["operationId"],
        action["operationDetails"]["operationId"]
    );
    assert!(!tool["modelDescription"].as_str().unwrap().contains('\n'));
}

#[test]
fn connections_are_by_key_or_on_behalf_of_the_user() {
    let key = parsed(&files(Auth::Key), "connector/apiProperties.json");
    let parameters = &key["properties"]["connectionParameters"];
    assert_eq!(parameters["api_key"]["type"], "securestring");
    let directory = target(Auth::Entra)
        .in_directory(Some("tenant-1"), Some("api://ours"), Some("client-1"))
        .unwrap();
    let files = package(&swagger(&document_json()), &directory).unwrap();
    let properties = parsed(&files, "connector/apiProperties.json");
    let settings = &properties["properties"]["connectionParameters"]["token"]["oAuthSettings"];
    assert_eq!(settings["identityProvider"], "aad");
    assert_eq!(settings["clientId"], "client-1");
    assert_eq!(
        settings["customParameters"]["resourceUri"]["value"],
        "api://ours"
    );
    assert_eq!(settings["properties"]["IsOnbehalfofLoginSupported"], true);
    let definition = parsed(&files, "connector/apiDefinition.swagger.json");
    let entra = &definition["securityDefinitions"]["entra"];
    assert!(entra["tokenUrl"].as_str().unwrap().contains("/tenant-1/"));
    assert_eq!(
        definition["security"],
        json!([{"entra": ["api://ours/access_as_user"]}])
    );
}

#[test]
fn every_file_is_filled_in_and_the_icon_is_a_square() {
    for auth in [Auth::Key, Auth::Entra] {
        let files = files(auth);
        for file in files.iter().filter(|file| !file.path.ends_with(".png")) {
            let text = std::str::from_utf8(&file.content).unwrap();
            assert!(
                !text.contains("{{") && !text.contains("{%"),
                "{}",
                file.path
            );
        }
        let icon = files.iter().find(|file| file.path == "connector/icon.png");
        let icon = &icon.unwrap().content;
        assert_eq!(icon[..8], *b"\x89PNG\r\n\x1a\n");
        assert_eq!(icon[16..24], [0, 0, 0, 230, 0, 0, 0, 230]);
        assert!(icon.len() < 1_000_000);
        let questions = text(&files, "agent/test-questions.csv");
        assert!(questions.lines().count() > 5);
    }
}

#[test]
fn a_target_is_secure_plain_and_well_named() {
    let new = |url: &str, name: &str| Target::new(Url::parse(url).unwrap(), Auth::Key, name);
    assert!(new("https://precis.example.com/base/", "Our Knowledge").is_ok());
    assert!(new("http://localhost:8080", "Our Knowledge").is_ok());
    assert!(new("http://127.0.0.1:8080", "Our Knowledge").is_ok());
    for url in [
        "http://precis.example.com",
        "ftp://localhost",
        "https://me:secret@precis.example.com",
        "https://precis.example.com/?a=b",
    ] {
        assert!(new(url, "Our Knowledge").is_err(), "{url}");
    }
    let long = "A name of more than thirty characters";
    for name in [
        "",
        "Salesforce Search",
        "Knowledge API",
        "Knowledge!",
        "a: b",
        long,
    ] {
        assert!(new("https://precis.example.com", name).is_err(), "{name}");
    }
    let base = new("https://precis.example.com:8443/base/", "Our Knowledge").unwrap();
    assert_eq!(base.base_path(), "/base");
    assert_eq!(base.host(), "precis.example.com:8443");
    assert_eq!(base.base(), "https://precis.example.com:8443/base");
    assert!(
        target(Auth::Entra)
            .in_directory(Some("a\nb"), None, None)
            .is_err()
    );
}

#[test]
fn a_folder_is_not_written_over_by_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("copilot");
    let files = files(Auth::Key);
    write(&files, &out, false).unwrap();
    assert!(
        out.join("topics/OnKnowledgeRequested.topic.mcs.yaml")
            .is_file()
    );
    assert!(matches!(write(&files, &out, false), Err(Error::Exists(_))));
    write(&files, &out, true).unwrap();
}
