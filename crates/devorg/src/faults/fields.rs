//! Reads the members of a rule and notes everything that is wrong with them.

use serde_json::{Map, Value};

/// The members of one table that are still to be read.
pub struct Fields<'p> {
    members: Map<String, Value>,
    /// Stands before each problem: `fault 3`.
    place: String,
    problems: &'p mut Vec<String>,
}

impl<'p> Fields<'p> {
    pub fn new(value: Value, place: impl Into<String>, problems: &'p mut Vec<String>) -> Self {
        let mut fields = Self {
            members: Map::new(),
            place: place.into(),
            problems,
        };
        match value {
            Value::Object(members) => fields.members = members,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => fields.problem("must be a table"),
        }
        fields
    }

    pub fn problem(&mut self, what: impl AsRef<str>) {
        let problem = format!("{}: {}", self.place, what.as_ref());
        self.problems.push(problem);
    }

    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.shift_remove(name)
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        let text = value.as_str().map(str::to_owned);
        self.expect(name, text, "must be text")
    }

    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let texts = value.as_array().and_then(|values| {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>()
        });
        self.expect(name, texts, "must be a list of texts")
    }

    /// A whole number from `least` on.
    pub fn count(&mut self, name: &str, least: u64) -> Option<u64> {
        let value = self.take(name)?;
        let count = value.as_u64().filter(|count| *count >= least);
        self.expect(
            name,
            count,
            &format!("must be a whole number from {least} on"),
        )
    }

    pub fn number(&mut self, name: &str) -> Option<f64> {
        let value = self.take(name)?;
        self.expect(name, value.as_f64(), "must be a number")
    }

    /// What nobody has read is nothing that a plan knows.
    pub fn finish(mut self) {
        let names: Vec<String> = self.members.keys().cloned().collect();
        for name in names {
            self.problem(format!("unknown setting `{name}`"));
        }
    }

    fn expect<T>(&mut self, name: &str, read: Option<T>, rule: &str) -> Option<T> {
        if read.is_none() {
            self.problem(format!("`{name}` {rule}"));
        }
        read
    }
}
