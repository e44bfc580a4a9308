//! Which Salesforce user a person of a directory is.
//!
//! `tid` and `oid` never change and are what is remembered. The configured claim, and the `oid`
//! itself, are compared with FederationIdentifier, then Username, then an Email that is unique among
//! active users. Where the first of them that fits leaves a doubt, nothing behind it is tried.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::ObjectName;
use salesforce::{Client, Condition, FieldPath, Literal, Record, Soql};
use uuid::Uuid;

use super::Error;

/// A directory and a person in it.
type Person = (Uuid, Uuid);

/// Since when it is known, and the username or why there is none.
type Found = (Instant, Result<String, String>);

pub struct Mapping {
    salesforce: Client,
    kept: Duration,
    known: Mutex<HashMap<Person, Found>>,
}

/// How long it is remembered that somebody is nobody: an admin who has just repaired it waits.
const NOBODY_KEPT: Duration = Duration::from_secs(20);
/// Salesforce's longest of the three fields is FederationIdentifier's 512.
const LONGEST_NAME: usize = 512;
/// Above so many people those that are known for too long are forgotten.
const MOST_KNOWN: usize = 10_000;

impl Mapping {
    pub fn new(salesforce: Client, kept: Duration) -> Self {
        Self {
            salesforce,
            kept,
            known: Mutex::default(),
        }
    }

    /// The username of this person; `name` is the value of the configured claim.
    pub async fn username(
        &self,
        tenant: Uuid,
        object: Uuid,
        name: Option<String>,
    ) -> Result<String, Error> {
        let person = (tenant, object);
        if let Some(found) = self.known(person) {
            return found.map_err(Error::Refused);
        }
        let name = name.filter(|name| name.chars().count() <= LONGEST_NAME);
        let users = self
            .salesforce
            .query_all_rows(&candidates(object, name.as_deref()))
            .await?;
        let users: Vec<User> = users.iter().filter_map(User::of).collect();
        let found = choose(&users, object, name.as_deref());
        self.learn(person, found.clone());
        found.map_err(Error::Refused)
    }

    pub fn forget(&self, tenant: Uuid, object: Uuid) {
        self.lock().remove(&(tenant, object));
    }

    fn known(&self, person: Person) -> Option<Result<String, String>> {
        let known = self.lock();
        let (since, found) = known.get(&person)?;
        self.counts(*since, found).then(|| found.clone())
    }

    fn learn(&self, person: Person, found: Result<String, String>) {
        let mut known = self.lock();
        if known.len() >= MOST_KNOWN {
            known.retain(|_, (since, found)| self.counts(*since, found));
        }
        known.insert(person, (Instant::now(), found));
    }

    fn counts(&self, since: Instant, found: &Result<String, String>) -> bool {
        let kept = match found {
            Ok(_) => self.kept,
            Err(_) => self.kept.min(NOBODY_KEPT),
        };
        since.elapsed() < kept
    }

    /// A poisoned cache is still a cache: what is in it was true when it was written.
    fn lock(&self) -> MutexGuard<'_, HashMap<Person, Found>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What decides about a Salesforce user.
#[derive(Debug, Clone)]
struct User {
    username: String,
    is_active: bool,
    federation_identifier: Option<String>,
    email: Option<String>,
}

impl User {
    fn of(record: &Record) -> Option<Self> {
        Some(Self {
            username: record.text("Username")?.to_owned(),
            is_active: record.text("IsActive") == Some("true"),
            federation_identifier: record.text("FederationIdentifier").map(str::to_owned),
            email: record.text("Email").map(str::to_owned),
        })
    }
}

/// Everybody who might be meant, in one query.
fn candidates(object: Uuid, name: Option<&str>) -> Soql {
    let field = FieldPath::fixed;
    let federated = name
        .map(str::to_owned)
        .into_iter()
        .chain([object.to_string()]);
    let federated = federated.map(Literal::Text);
    let mut conditions = vec![Condition::is_in(field("FederationIdentifier"), federated)];
    if let Some(name) = name {
        conditions.push(Condition::eq(field("Username"), Literal::text(name)));
        conditions.push(Condition::eq(field("Email"), Literal::text(name)));
    }
    let columns = [
        "Id",
        "Username",
        "IsActive",
        "FederationIdentifier",
        "Email",
    ];
    Soql::select(columns.map(field))
        .from(&ObjectName::parse("User").expect("a literal API name"))
        .filter(Condition::any(conditions))
}

/// The one who is meant, or why nobody is: a sentence for an admin.
fn choose(users: &[User], object: Uuid, name: Option<&str>) -> Result<String, String> {
    let object = object.to_string();
    let equals = |value: Option<&str>, wanted: Option<&str>| match (value, wanted) {
        // As Salesforce compares these fields.
        (Some(value), Some(wanted)) => value.to_lowercase() == wanted.to_lowercase(),
        (_, _) => false,
    };
    let having = |is_meant: &dyn Fn(&User) -> bool| -> Vec<&User> {
        users.iter().filter(|user| is_meant(user)).collect()
    };
    let federated = having(&|user| {
        let value = user.federation_identifier.as_deref();
        equals(value, name) || equals(value, Some(&object))
    });
    if let Some(user) = only(&federated, "FederationIdentifier")? {
        return active(user);
    }
    let named = having(&|user| equals(Some(&user.username), name));
    if let Some(user) = only(&named, "Username")? {
        return active(user);
    }
    let addressed = having(&|user| equals(user.email.as_deref(), name));
    let in_use: Vec<&User> = addressed
        .iter()
        .copied()
        .filter(|user| user.is_active)
        .collect();
    if let Some(user) = only(&in_use, "Email")? {
        return active(user);
    }
    match (addressed.first(), name) {
        (Some(user), _) => active(user),
        (None, Some(_)) => Err(
            "Salesforce has no user for this person: no FederationIdentifier, Username or Email is \
             the value of the token's claim (identity.claim), and no FederationIdentifier its oid"
                .to_owned(),
        ),
        (None, None) => Err(
            "Salesforce has no user for this person: the token lacks the claim of identity.claim, and \
             no FederationIdentifier is its oid"
                .to_owned(),
        ),
    }
}

/// None, the only one, or a refusal: with two of them nobody can say who is meant.
fn only<'a>(users: &[&'a User], field: &str) -> Result<Option<&'a User>, String> {
    match users {
        [] => Ok(None),
        [user] => Ok(Some(user)),
        more => Err(format!(
            "{} Salesforce users have this person's {field}, so nobody can say which is meant: give \
             one of them a FederationIdentifier of its own",
            more.len()
        )),
    }
}

fn active(user: &User) -> Result<String, String> {
    match user.is_active {
        true => Ok(user.username.clone()),
        false => Err(format!(
            "the Salesforce user '{}', who is this person, is not active",
            user.username
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OID: Uuid = Uuid::from_u128(7);
    const ADA: &str = "ada@corp.example";

    fn user(username: &str, federation: &str, email: &str, is_active: bool) -> User {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        User {
            username: username.to_owned(),
            is_active,
            federation_identifier: text(federation),
            email: text(email),
        }
    }

    #[test]
    fn the_first_field_that_fits_decides() {
        let by_federation = user("a@sf", ADA, "", true);
        let by_oid = user("b@sf", &OID.to_string(), "", true);
        let by_username = user("ADA@corp.example", "", "", true);
        let by_email = user("c@sf", "", "Ada@Corp.Example", true);
        let all = [by_username.clone(), by_email.clone(), by_federation];
        assert_eq!(choose(&all, OID, Some(ADA)).unwrap(), "a@sf");
        assert_eq!(
            choose(&all[..2], OID, Some(ADA)).unwrap(),
            "ADA@corp.example"
        );
        assert_eq!(choose(&[by_email], OID, Some(ADA)).unwrap(), "c@sf");
        assert_eq!(
            choose(&[by_oid.clone(), by_username], OID, Some(ADA)).unwrap(),
            "b@sf"
        );
        assert_eq!(choose(&[by_oid], OID, None).unwrap(), "b@sf");
    }

    #[test]
    fn a_doubt_is_a_refusal_and_what_stands_behind_it_is_not_tried() {
        let email = |name: &str, is_active| user(name, "", ADA, is_active);
        let refusal = |users: &[User]| choose(users, OID, Some(ADA)).unwrap_err();
        let twice = [
            user("a@sf", ADA, "", true),
            user("b@sf", &OID.to_string(), "", true),
        ];
        assert!(refusal(&twice).contains("FederationIdentifier"));
        let gone = [user("a@sf", ADA, "", false), email("b@sf", true)];
        assert!(refusal(&gone).contains("not active"));
        assert!(refusal(&[email("a@sf", true), email("b@sf", true)]).contains("Email"));
        assert!(refusal(&[email("a@sf", false)]).contains("not active"));
        assert!(refusal(&[]).contains("no user"));
        assert!(
            choose(&[], OID, None)
                .unwrap_err()
                .contains("identity.claim")
        );
        // A colleague who left does not make an address ambiguous.
        let found = choose(&[email("a@sf", false), email("b@sf", true)], OID, Some(ADA));
        assert_eq!(found.unwrap(), "b@sf");
    }
}
