//! What is wrong with a configuration.

use std::fmt;

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key in the config: `salesforce.login_url`.
    pub key: String,
    pub message: String,
}

/// Everything that is wrong; never empty.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl Problem {
    pub fn new(key: &str, message: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            message: message.into(),
        }
    }

    /// A key that does not exist, with the one that was probably meant.
    pub fn unknown(key: &str, origin: Option<&str>, known: &[&str]) -> Self {
        let place = origin.map_or_else(|| "the environment".to_owned(), ToOwned::to_owned);
        let last = key.rsplit('.').next().unwrap_or(key);
        let close = known
            .iter()
            .map(|name| (strsim::levenshtein(name, last), *name))
            .min()
            .filter(|(distance, _)| *distance <= 3);
        let advice = match close {
            Some((_, name)) => format!("did you mean '{name}'?"),
            None => {
                let mut names = known.to_vec();
                names.sort_unstable();
                format!("known here: {}", names.join(", "))
            }
        };
        Self::new(key, format!("is no setting (in {place}); {advice}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.message)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = self.0.as_slice() {
            return write!(f, "{problem}");
        }
        write!(f, "{} settings need a change:", self.0.len())?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
