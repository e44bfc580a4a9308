//! Who precis is in Azure: `[azure]`.

use secrecy::SecretString;
use url::Url;

use super::raw::RawAzure;
use super::reading::{Reading, non_empty};
use super::secret;
use crate::azure::{CredentialOptions, IdentityEndpoint, key_vault};

/// What Container Apps, App Service and Functions put into the environment of an app with an identity.
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
const IDENTITY_HEADER: &str = "IDENTITY_HEADER";

impl Reading {
    /// Settles who precis is in Azure, and fetches what the references into key vaults lead to: the
    /// settings that follow may need it.
    pub(super) fn sign_in_to_azure(&mut self, raw: &RawAzure, vaulted: Vec<String>) {
        let Some(options) = self.credential(raw) else {
            return;
        };
        if !vaulted.is_empty() {
            self.secrets = secret::fetch(vaulted, &options);
        }
        self.azure = options;
    }

    fn credential(&mut self, raw: &RawAzure) -> Option<CredentialOptions> {
        let kinds = ["managed_identity", "client_secret", "none"];
        match self.choice("azure.credential", &raw.credential, &kinds)? {
            "managed_identity" => Some(CredentialOptions::ManagedIdentity {
                endpoint: self.identity_endpoint(raw)?,
                client_id: non_empty(raw.client_id.clone()),
            }),
            "client_secret" => {
                let authority = self.url("azure.authority", &raw.authority);
                let tenant = self.tenant(&raw.tenant);
                let client_id = self.required("azure.client_id", &raw.client_id);
                let client_secret = self.azure_secret(&raw.client_secret);
                Some(CredentialOptions::ClientSecret {
                    authority: authority?,
                    tenant: tenant?,
                    client_id: client_id?,
                    client_secret: client_secret?,
                })
            }
            _ => Some(CredentialOptions::None),
        }
    }

    /// It becomes part of an address.
    fn tenant(&mut self, text: &str) -> Option<String> {
        let tenant = self.required("azure.tenant", text)?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        match tenant.chars().all(is_part) {
            true => Some(tenant),
            false => self.problem("azure.tenant", "must be the id or the domain of a tenant"),
        }
    }

    fn azure_secret(&mut self, reference: &str) -> Option<SecretString> {
        if reference.starts_with(key_vault::SCHEME) {
            let problem = "cannot be in a key vault: it is what opens the vault";
            return self.problem("azure.client_secret", problem);
        }
        self.secret("azure.client_secret", reference)
    }

    fn identity_endpoint(&mut self, raw: &RawAzure) -> Option<IdentityEndpoint> {
        let variable = |name: &str| std::env::var(name).ok().and_then(non_empty);
        let Some(endpoint) = variable(IDENTITY_ENDPOINT) else {
            let host = self.url("azure.imds_url", &raw.imds_url)?;
            return Some(IdentityEndpoint::VirtualMachine { host });
        };
        match (Url::parse(&endpoint), variable(IDENTITY_HEADER)) {
            (Ok(url), Some(header)) => Some(IdentityEndpoint::AppService {
                url,
                header: SecretString::from(header),
            }),
            (_, _) => {
                let problem = format!(
                    "is \"managed_identity\", and {IDENTITY_ENDPOINT} is in the environment but is no URL or \
                     has no {IDENTITY_HEADER} beside it"
                );
                self.problem("azure.credential", problem)
            }
        }
    }
}
