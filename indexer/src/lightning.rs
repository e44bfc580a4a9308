//! The address of an org's pages, from the address of its API.

use url::Url;

/// The address that Lightning pages start with, without a slash at its end.
///
/// `https://x.my.salesforce.com` has its pages at `https://x.lightning.force.com`; a sandbox
/// `https://x--dev.sandbox.my.salesforce.com` at `https://x--dev.sandbox.lightning.force.com`. Any
/// other address, such as one on this machine, is kept.
pub(crate) fn pages_of(instance_url: &Url) -> String {
    let domain = instance_url
        .host_str()
        .and_then(|host| host.strip_suffix(".my.salesforce.com"));
    match domain {
        Some(domain) => format!("https://{domain}.lightning.force.com"),
        None => without_slash(instance_url.as_str()),
    }
}

pub(crate) fn without_slash(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stand_beside_the_api() {
        for (api, pages) in [
            (
                "https://x.my.salesforce.com",
                "https://x.lightning.force.com",
            ),
            (
                "https://x--dev.sandbox.my.salesforce.com/",
                "https://x--dev.sandbox.lightning.force.com",
            ),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(pages_of(&Url::parse(api).unwrap()), pages);
        }
    }
}
