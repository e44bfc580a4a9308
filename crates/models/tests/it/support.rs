use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use devorg::openai::{self, Behaviour, OpenAiBox, OpenAiOptions, Script};
use precis_models::{Credential, Embedder, Endpoint, Route};
use reqwest::Url;

pub fn model_folder() -> PathBuf {
    match std::env::var_os("PRECIS_MODEL_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models/all-MiniLM-L6-v2-int8")
        }
    }
}

/// The local model, loaded once for all tests.
pub fn local() -> Embedder {
    static MODEL: OnceLock<Embedder> = OnceLock::new();
    let load = || match Embedder::local(&model_folder(), 2) {
        Ok(model) => model,
        Err(error) => panic!("the tests need the local model: {error}"),
    };
    MODEL.get_or_init(load).clone()
}

pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A running Azure OpenAI in a box, and endpoints to it.
pub struct Service {
    pub service: OpenAiBox,
}

impl Service {
    pub async fn start() -> Self {
        Self::with(OpenAiOptions {
            deployments: vec!["embed".into(), "gpt-5".into(), "gpt-4.1".into()],
            dimensions: 64,
            ..OpenAiOptions::default()
        })
        .await
    }

    pub async fn with(options: OpenAiOptions) -> Self {
        let service = openai::start(options).await.unwrap();
        Self { service }
    }

    pub fn resource(&self) -> Url {
        Url::parse(self.service.url()).unwrap()
    }

    /// The route with the deployment in the path.
    pub fn deployment(&self, deployment: &str) -> Endpoint {
        self.endpoint(Route::AzureDeployment {
            resource: self.resource(),
            deployment: deployment.to_owned(),
            api_version: "2024-10-21".to_owned(),
        })
    }

    pub fn v1(&self, deployment: &str) -> Endpoint {
        self.endpoint(Route::AzureV1 {
            resource: self.resource(),
            deployment: deployment.to_owned(),
        })
    }

    pub fn compatible(&self, model: &str) -> Endpoint {
        self.endpoint(Route::Compatible {
            base: self.resource().join("openai/v1").unwrap(),
            model: model.to_owned(),
        })
    }

    fn endpoint(&self, route: Route) -> Endpoint {
        Endpoint {
            section: "models".to_owned(),
            route,
            credential: Credential::ApiKey(self.service.api_key().into()),
            timeout: Duration::from_secs(5),
            retries: 2,
        }
    }

    pub fn meets_embeddings(&self, behaviours: &[Behaviour]) {
        self.service.script(Script {
            embeddings: behaviours.iter().cloned().collect(),
            ..Script::default()
        });
    }

    pub fn meets_chat(&self, behaviours: &[Behaviour]) {
        self.service.script(Script {
            chat: behaviours.iter().cloned().collect(),
            ..Script::default()
        });
    }
}
