//! `/support/dataCategoryGroups`: the data categories that the user may see.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Params, Segments};
use super::gate::Caller;
use super::reply;
use super::state::App;
use crate::error::ApiError;
use crate::org::{DataCategory, DataCategoryGroup};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/support/dataCategoryGroups", get(groups))
        .route(
            "/support/dataCategoryGroups/{group}/dataCategories/{category}",
            get(category),
        )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupParams {
    #[serde(rename = "sObjectName")]
    object: Option<String>,
    /// True leaves the children of the top categories out.
    #[serde(default = "yes")]
    top_categories_only: bool,
}

fn yes() -> bool {
    true
}

/// `GET /support/dataCategoryGroups?sObjectName=KnowledgeArticleVersion&topCategoriesOnly=false`.
async fn groups(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<GroupParams>,
) -> Result<Json<Value>, ApiError> {
    let object = articles_only(params.object.as_deref())?;
    let visible = visible_groups(&app, &caller).await?;
    let depth = if params.top_categories_only {
        Depth::Top
    } else {
        Depth::Tree
    };
    let root = format!("{}/support/dataCategoryGroups", caller.version.root());
    let groups: Vec<Value> = visible
        .iter()
        .map(|group| group_json(group, &root, object, depth))
        .collect();
    Ok(Json(json!({"categoryGroups": groups})))
}

/// `GET /support/dataCategoryGroups/{group}/dataCategories/{category}`.
async fn category(
    State(app): State<App>,
    caller: Caller,
    Segments((group, category)): Segments<(String, String)>,
    Params(params): Params<GroupParams>,
) -> Result<Json<Value>, ApiError> {
    let object = articles_only(params.object.as_deref())?;
    let visible = visible_groups(&app, &caller).await?;
    let group = visible
        .iter()
        .find(|known| known.name == group)
        .ok_or_else(reply::not_found)?;
    let found = find(&group.categories, &category).ok_or_else(reply::not_found)?;
    let root = format!(
        "{}/support/dataCategoryGroups/{}",
        caller.version.root(),
        group.name
    );
    let children: Vec<Value> = found
        .children
        .iter()
        .map(|child| category_json(child, &root, object, Depth::Top))
        .collect();
    let mut body = category_json(found, &root, object, Depth::Top);
    body["childCategories"] = Value::Array(children);
    Ok(Json(body))
}

async fn visible_groups(app: &App, caller: &Caller) -> Result<Vec<DataCategoryGroup>, ApiError> {
    let user = caller.user.clone();
    app.read(move |world| Ok(world.sharing().viewer(&world.org, &user).category_groups()))
        .await
}

/// # Errors
/// `INVALID_TYPE` for an object that has no data categories.
fn articles_only(object: Option<&str>) -> Result<&'static str, ApiError> {
    match object {
        Some(name) if name.eq_ignore_ascii_case("KnowledgeArticleVersion") => {
            Ok("KnowledgeArticleVersion")
        }
        other => {
            let message = format!(
                "sObjectName: no data categories for '{}'",
                other.unwrap_or_default()
            );
            Err(ApiError::bad_request("INVALID_TYPE", message))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Top,
    Tree,
}

fn group_json(group: &DataCategoryGroup, root: &str, object: &str, depth: Depth) -> Value {
    let own = format!("{root}/{}", group.name);
    let top: Vec<Value> = group
        .categories
        .iter()
        .map(|category| category_json(category, &own, object, depth))
        .collect();
    json!({
        "name": group.name,
        "label": group.label.as_ref().unwrap_or(&group.name),
        "objectUsage": object,
        "topCategories": top,
        "topCategoriesUrl": format!("{own}/dataCategories?sObjectName={object}"),
    })
}

fn category_json(category: &DataCategory, group: &str, object: &str, depth: Depth) -> Value {
    let children = match depth {
        Depth::Top => Value::Null,
        Depth::Tree => category
            .children
            .iter()
            .map(|child| category_json(child, group, object, depth))
            .collect(),
    };
    json!({
        "name": category.name,
        "label": category.label.as_ref().unwrap_or(&category.name),
        "childCategories": children,
        "url": format!("{group}/dataCategories/{}?sObjectName={object}", category.name),
    })
}

fn find<'a>(categories: &'a [DataCategory], name: &str) -> Option<&'a DataCategory> {
    categories.iter().find_map(|category| {
        if category.name == name {
            Some(category)
        } else {
            find(&category.children, name)
        }
    })
}
