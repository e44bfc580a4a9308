//! Secrets by reference: `env:NAME` or `file:PATH`.

use std::path::Path;

use secrecy::SecretString;

/// Reads what a reference points to. A secret that stands in the config itself is refused.
pub fn resolve(reference: &str, base: &Path) -> Result<SecretString, String> {
    let secret = if let Some(name) = reference.strip_prefix("env:") {
        std::env::var(name)
            .map_err(|_| format!("points to {name}, which is not in the environment"))?
    } else if let Some(path) = reference.strip_prefix("file:") {
        let path = base.join(path);
        std::fs::read_to_string(&path)
            .map_err(|error| format!("points to {}: {error}", path.display()))?
    } else {
        return Err(
            "must be a reference, \"env:NAME\" or \"file:PATH\", and not the secret itself".into(),
        );
    };
    let secret = secret.trim();
    if secret.is_empty() {
        return Err("points to an empty secret".into());
    }
    Ok(SecretString::from(secret.to_owned()))
}
