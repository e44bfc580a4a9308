//! `GET /docs`: the reference to read and try, by Swagger UI, whose files are part of the program.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

use crate::http::error::ApiError;

/// Scripts are this server's own files. Swagger UI sets styles from its scripts and has small images in its
/// style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const INDEX: &str = "index.html";
/// What the page begins with: the document of this server.
const INITIALIZER: &str = "swagger-initializer.js";
const BEGINNING: &str = r##"window.onload = function () {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    filter: true,
    displayRequestDuration: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: "StandaloneLayout"
  });
};
"##;

/// The files that the page asks for, with their media types.
const FILES: [(&str, &str); 7] = [
    (INDEX, "text/html; charset=utf-8"),
    ("index.css", "text/css; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    (
        "swagger-ui-standalone-preset.js",
        "text/javascript; charset=utf-8",
    ),
    ("favicon-16x16.png", "image/png"),
    ("favicon-32x32.png", "image/png"),
];

/// By name, unpacked when somebody asks for the first of them.
static UNPACKED: LazyLock<HashMap<&'static str, Vec<u8>>> = LazyLock::new(|| {
    let unpacked = unpack();
    unpacked.unwrap_or_else(|error| {
        tracing::error!(%error, "the reference was not unpacked");
        HashMap::new()
    })
});

fn unpack() -> zip::result::ZipResult<HashMap<&'static str, Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let mut unpacked = HashMap::new();
    for place in 0..archive.len() {
        let mut packed = archive.by_index(place)?;
        // All stand in the folder of the version: `swagger-ui-5.32.6/dist/index.html`.
        let path = packed.name()?.into_owned();
        let path: Vec<&str> = path.split('/').collect();
        let &[_, "dist", name] = path.as_slice() else {
            continue;
        };
        let Some((name, _)) = FILES.iter().find(|(file, _)| *file == name) else {
            continue;
        };
        let mut file = Vec::new();
        packed.read_to_end(&mut file)?;
        unpacked.insert(*name, file);
    }
    Ok(unpacked)
}

/// `GET /docs`: its files are named relative to the folder.
pub async fn page() -> Redirect {
    Redirect::permanent("/docs/")
}

/// `GET /docs/{file}`
pub async fn asset(file: Option<Path<String>>) -> Result<Response, ApiError> {
    let name = file.map_or_else(|| INDEX.to_owned(), |Path(file)| file);
    if name == INITIALIZER {
        return Ok(shown(
            "text/javascript; charset=utf-8",
            BEGINNING.as_bytes(),
        ));
    }
    let kind = FILES.iter().find(|(file, _)| *file == name);
    match (kind, UNPACKED.get(name.as_str())) {
        (Some((_, kind)), Some(file)) => Ok(shown(kind, file)),
        (_, _) => {
            let detail = "the reference has no such file";
            Err(ApiError::new(StatusCode::NOT_FOUND, detail))
        }
    }
}

fn shown(kind: &'static str, file: &'static [u8]) -> Response {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, file).into_response()
}
