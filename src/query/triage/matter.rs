//! What is triaged: a case that is there, or the words of one that is not yet.

use chrono::{DateTime, Utc};
use domain::{Document, ObjectName, RecordId, Viewer};
use store::{ExactKey, Filters};

use super::request::{NewCase, TriageRequest};
use super::words::Tongue;
use crate::query::filters::FilterBody;
use crate::query::retrieve::Question;
use crate::query::{Engine, Error};

/// The object of cases.
pub const CASE: &str = "Case";
/// Characters of the problem that are searched for: a long letter says first what it is about.
const SEARCHED: usize = 1_500;
/// Digits from which a number in the text is a record's rather than a quantity.
const NUMBER: usize = 5;
/// Characters of a name that an error repeats.
const SHOWN: usize = 60;

/// A case, and who and what it is about.
pub struct Matter {
    /// None for a case that does not exist yet.
    pub document: Option<Document>,
    pub title: String,
    pub description: String,
    /// None if there is none, or if the viewer may not read it.
    pub account: Option<Document>,
    pub contact: Option<Document>,
    /// What the one who asks says beside the words: product and origin.
    pub product: Option<String>,
    pub origin: Option<String>,
    pub tongue: Tongue,
    pub created_at: Option<DateTime<Utc>>,
}

impl Matter {
    /// A case by its id or number.
    ///
    /// # Errors
    /// [`Error::NotFound`], alike for what is not there and for what the viewer may not read.
    pub async fn of_case(
        engine: &Engine,
        viewer: &Viewer,
        name: &str,
        request: &TriageRequest,
    ) -> Result<Self, Error> {
        let document = case(engine, viewer, name).await?;
        let text = |field: &str| {
            let quote = super::quote::Quote::of_root(&document, field);
            quote.map(|quote| quote.text()).unwrap_or_default()
        };
        let title = document.title.as_ref().map(|title| title.text.clone());
        let (title, description) = (title.unwrap_or_default(), text("Description"));
        let account = crate::query::facets::account_of(&document, viewer).copied();
        let contact = document.parents.contact.filter(|_| {
            let field = document.parents.contact_field.as_ref();
            let field = field.map_or("ContactId", |field| field.as_str());
            reads_field(viewer, &document.object, field)
        });
        Ok(Self {
            account: one(engine, viewer, account).await?,
            contact: one(engine, viewer, contact).await?,
            tongue: tongue(request.language.as_deref(), &title, &description),
            product: None,
            origin: Some(text("Origin")).filter(|origin| !origin.is_empty()),
            created_at: document.created_at,
            document: Some(document),
            title,
            description,
        })
    }

    /// A case that does not exist yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field: an empty case, or an account that the viewer cannot read.
    pub async fn of_words(
        engine: &Engine,
        viewer: &Viewer,
        request: NewCase,
    ) -> Result<Self, Error> {
        request.check()?;
        let account = match &request.account {
            Some(name) => Some(account(engine, viewer, name).await?),
            None => None,
        };
        let contact = match &request.contact_email {
            Some(email) => contact(engine, viewer, email).await?,
            None => None,
        };
        let language = request.language.as_deref();
        Ok(Self {
            document: None,
            tongue: tongue(language, &request.subject, &request.description),
            account: one(engine, viewer, account).await?,
            contact: one(engine, viewer, contact).await?,
            title: request.subject.trim().to_owned(),
            description: request.description.trim().to_owned(),
            product: request.product,
            origin: request.origin,
            created_at: None,
        })
    }

    pub fn id(&self) -> Option<RecordId> {
        self.document.as_ref().map(|document| document.id)
    }

    /// What the customer reported, in their words.
    pub fn problem(&self) -> String {
        format!("{}\n{}", self.title, self.description)
    }

    /// What others are compared with. Numbers and addresses in a letter would name records: what a
    /// customer writes must not decide what is found first.
    pub async fn question(&self, engine: &Engine, viewer: &Viewer) -> Result<Question, Error> {
        let product = self.product.as_deref().unwrap_or_default();
        let text = format!("{} {product}", self.problem());
        let words = text.split_whitespace().filter(|word| !names_a_record(word));
        let text = words.collect::<Vec<_>>().join(" ");
        let text: String = text.chars().take(SEARCHED).collect();
        let mut question = Question::read(engine, viewer, &text).await?;
        question.itself = self.id();
        Ok(question)
    }
}

/// An address or a long number.
fn names_a_record(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_number = bare.len() >= NUMBER && bare.chars().all(|c| c.is_ascii_digit());
    let is_id = matches!(bare.len(), 15 | 18) && RecordId::parse(bare).is_ok();
    word.contains('@') || is_number || is_id
}

fn tongue(asked: Option<&str>, title: &str, description: &str) -> Tongue {
    match asked {
        Some(code) => Tongue::of_code(code),
        None => Tongue::of_text(&format!("{title}. {description}")),
    }
}

fn reads_field(viewer: &Viewer, object: &ObjectName, field: &str) -> bool {
    domain::FieldName::parse(field).is_ok_and(|field| viewer.reads_field(object, &field))
}

/// The object of cases as the stores filter by it.
pub fn cases() -> Vec<ObjectName> {
    ObjectName::parse(CASE).into_iter().collect()
}

async fn case(engine: &Engine, viewer: &Viewer, name: &str) -> Result<Document, Error> {
    let key = match RecordId::parse(name) {
        Ok(id) => ExactKey::Id(id),
        Err(_) => ExactKey::Number(name.to_owned()),
    };
    let filters = Filters {
        objects: cases(),
        ..Filters::default()
    };
    let found = engine.reader.exact(viewer, &[key], &filters).await?;
    let readable = engine.access.confirm(viewer, &found).await?;
    let readable: Vec<RecordId> = readable.into_iter().collect();
    let documents = engine.reader.documents(viewer, &readable).await?;
    documents.into_iter().next().ok_or_else(|| {
        let shown: String = name.chars().take(SHOWN).collect();
        Error::NotFound(format!(
            "no case that you can read has the id or number '{shown}'"
        ))
    })
}

/// The account with this id or exact name.
async fn account(engine: &Engine, viewer: &Viewer, name: &str) -> Result<RecordId, Error> {
    let body = FilterBody {
        account: std::iter::once(name.to_owned()).collect(),
        ..FilterBody::default()
    };
    let named = body.resolve(engine, viewer, "").await?.accounts;
    let readable = engine.access.confirm(viewer, &named).await?;
    let shown: String = name.chars().take(SHOWN).collect();
    let mut readable = readable.into_iter();
    match (readable.next(), readable.next()) {
        (Some(account), None) => Ok(account),
        (Some(_), Some(_)) => Err(Error::Invalid(format!(
            "account '{shown}' is the name of several: give the id of one"
        ))),
        (None, _) => Err(Error::Invalid(format!(
            "account '{shown}' is the id or the exact name of no account that you can read"
        ))),
    }
}

/// The contact with this address; one who is not known yet is nobody.
async fn contact(engine: &Engine, viewer: &Viewer, email: &str) -> Result<Option<RecordId>, Error> {
    let filters = Filters {
        objects: ObjectName::parse("Contact").into_iter().collect(),
        ..Filters::default()
    };
    let key = ExactKey::Email(email.trim().to_lowercase());
    let found = engine.reader.exact(viewer, &[key], &filters).await?;
    let readable = engine.access.confirm(viewer, &found).await?;
    Ok(found.into_iter().find(|id| readable.contains(id)))
}

/// A document that the case hangs on, if the viewer may read it.
async fn one(
    engine: &Engine,
    viewer: &Viewer,
    id: Option<RecordId>,
) -> Result<Option<Document>, Error> {
    let Some(id) = id else { return Ok(None) };
    let readable = engine.access.confirm(viewer, &[id]).await?;
    let readable: Vec<RecordId> = readable.into_iter().collect();
    let documents = engine.reader.documents(viewer, &readable).await?;
    Ok(documents.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_names_no_records() {
        for name in [
            "ada@acme.example",
            "00001361.",
            "(00001361)",
            "500Tw0000000001IAA",
        ] {
            assert!(names_a_record(name), "{name}");
        }
        for word in ["E17", "K3-2022-0632", "-80", "1042", "ERR-1042"] {
            assert!(!names_a_record(word), "{word}");
        }
    }
}
