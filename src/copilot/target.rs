//! For which server a package is, and how its users prove who they are.

use clap::ValueEnum;
use url::Url;

use crate::loopback::is_loopback;

/// The delegated permission that precis asks for, as `identity.scopes` has it.
pub const SCOPE: &str = "access_as_user";
/// Stands in the topic and the tool until the maker knows the name of the connection reference.
pub const CONNECTION: &str = "replace_with_your_connection_reference";
/// The environment variable with the API key.
pub const KEY_VARIABLE: &str = "precis_ApiKey";
/// Stands where the maker has to write the client id of the connector's app.
const NO_CLIENT: &str = "00000000-0000-0000-0000-000000000000";
const LONGEST_NAME: usize = 30;
/// Words that a connector's title must not have: "API", and names of products that are not its owner's.
const RESERVED: [&str; 12] = [
    "api",
    "azure",
    "connector",
    "copilot",
    "dataverse",
    "dynamics",
    "microsoft",
    "power apps",
    "power automate",
    "power platform",
    "salesforce",
    "teams",
];

/// How a request proves who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Each user as themselves, by Entra ID on their behalf
    Entra,
    /// One API key of precis for all users of the agent
    Key,
}

/// Why there is no package for this.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error(
        "--url {0} must begin with https://: keys and tokens travel to it (http:// does for localhost)"
    )]
    NotSecure(Url),
    #[error("--url {0} must be an address without user, query and fragment")]
    NotPlain(Url),
    #[error(
        "--name '{0}' must have 1 to {LONGEST_NAME} characters, begin and end with a letter or digit, and \
         not have \"API\" or the name of a product that is not yours, such as {reserved}", reserved = RESERVED[10]
    )]
    Name(String),
    #[error("--{0} '{1}' must have letters, digits and the signs . : / - _ only")]
    Text(&'static str, String),
}

/// What a package is made for.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where precis answers, seen from the internet.
    pub url: Url,
    pub auth: Auth,
    /// Title of the connector.
    pub name: String,
    /// App ID URI of precis' own app registration.
    pub resource: String,
    tenant: Option<String>,
    client_id: Option<String>,
}

impl Target {
    /// # Errors
    /// [`Problem`] names the option and what it takes.
    pub fn new(url: Url, auth: Auth, name: &str) -> Result<Self, Problem> {
        let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !is_secure {
            return Err(Problem::NotSecure(url));
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(Problem::NotPlain(url));
        }
        let name = name.trim();
        if !is_title(name) {
            return Err(Problem::Name(name.to_owned()));
        }
        Ok(Self {
            url,
            auth,
            name: name.to_owned(),
            resource: "api://precis".to_owned(),
            tenant: None,
            client_id: None,
        })
    }

    /// With what is known of the directory: its tenant, precis' App ID URI, and the connector's app.
    ///
    /// # Errors
    /// [`Problem::Text`] for what cannot be one.
    pub fn in_directory(
        mut self,
        tenant: Option<&str>,
        resource: Option<&str>,
        client_id: Option<&str>,
    ) -> Result<Self, Problem> {
        self.tenant = checked("tenant", tenant)?;
        self.client_id = checked("client-id", client_id)?;
        if let Some(resource) = checked("resource", resource)? {
            self.resource = resource;
        }
        Ok(self)
    }

    /// The address without a slash at its end.
    pub fn base(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Host, with the port if it is not the usual one.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// What stands before every path: "/" or "/precis".
    pub fn base_path(&self) -> &str {
        match self.url.path().trim_end_matches('/') {
            "" => "/",
            path => path,
        }
    }

    pub fn tenant(&self) -> &str {
        self.tenant.as_deref().unwrap_or("common")
    }

    pub fn client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or(NO_CLIENT)
    }
}

/// Whether a text may be a connector's title.
pub fn is_title(name: &str) -> bool {
    let lower = name.to_lowercase();
    let has_reserved = RESERVED.iter().any(|word| match word.contains(' ') {
        true => lower.contains(word),
        false => lower
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| part == *word),
    });
    let ends_well =
        name.starts_with(char::is_alphanumeric) && name.ends_with(char::is_alphanumeric);
    let is_plain = |c: char| c.is_alphanumeric() || " -.'".contains(c);
    name.chars().count() <= LONGEST_NAME && ends_well && name.chars().all(is_plain) && !has_reserved
}

/// These stand in YAML, JSON and addresses as they are.
fn checked(option: &'static str, text: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = text.map(str::trim) else {
        return Ok(None);
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".:/-_".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => Ok(Some(text.to_owned())),
        false => Err(Problem::Text(option, text.to_owned())),
    }
}
