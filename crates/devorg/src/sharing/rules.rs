//! Which rules govern an object: what its sharing depends on, and whose permission opens it.

use std::collections::HashMap;

use super::shares::{ShareTable, TeamTable};
use crate::{
    org::{ObjectDescribe, Org, OrgSettings, Schema},
    soql::AccessLevel,
};

/// Setup objects besides those that the built-in describes mark as such.
const SETUP: [&str; 6] = [
    "CaseStatus",
    "EntityDefinition",
    "FieldDefinition",
    "LeadStatus",
    "OpportunityStage",
    "TaskStatus",
];

/// What every active user reads, inside the company or out.
const PUBLIC: [&str; 4] = ["Organization", "RecordType", "User", "UserRecordAccess"];

/// Objects that always follow a parent: the first of the fields that is filled, and the object whose
/// permission they share (`None`: one that everybody has who has no row about it).
const CHILDREN: [(&str, &[&str], Option<&str>); 20] = [
    ("AccountContactRelation", &["AccountId"], Some("Account")),
    ("AccountContactRole", &["AccountId"], Some("Account")),
    ("Attachment", &["ParentId"], None),
    ("CampaignMember", &["CampaignId"], Some("Campaign")),
    ("CaseArticle", &["CaseId"], Some("Case")),
    ("CaseComment", &["ParentId"], Some("Case")),
    ("CaseContactRole", &["CasesId"], Some("Case")),
    ("ContractContactRole", &["ContractId"], Some("Contract")),
    (
        "EmailMessage",
        &["ParentId", "RelatedToId", "ActivityId"],
        Some("Case"),
    ),
    (
        "EmailMessageRelation",
        &["EmailMessageId"],
        Some("EmailMessage"),
    ),
    ("EventRelation", &["EventId"], Some("Event")),
    ("FeedComment", &["FeedItemId", "ParentId"], None),
    ("FeedItem", &["ParentId"], None),
    ("LinkedArticle", &["LinkedEntityId"], None),
    ("Note", &["ParentId"], None),
    (
        "OpportunityContactRole",
        &["OpportunityId"],
        Some("Opportunity"),
    ),
    (
        "OpportunityLineItem",
        &["OpportunityId"],
        Some("Opportunity"),
    ),
    ("OrderItem", &["OrderId"], Some("Order")),
    ("QuoteLineItem", &["QuoteId"], Some("Quote")),
    ("TaskRelation", &["TaskId"], Some("Task")),
];

/// What opens the records of an object.
pub(super) enum RecordRule {
    /// Whoever may read the object reads all of it.
    Open,
    /// An organisation-wide default, and owner, roles and share rows on top of it.
    Shared(AccessLevel),
    /// As the record that the first filled field points at.
    FirstParent(Vec<String>),
    /// As the weakest of all masters.
    EveryMaster(Vec<String>),
    /// Tasks and events: what they are about, and their owner.
    Activity(ActivityDefault),
    /// An article's version.
    Article,
    /// What the versions of an article have in common.
    ArticleHead,
    /// A file or note.
    File,
    FileVersion,
    FileLink,
}

/// The organisation-wide default of `Activity`.
#[derive(Clone, Copy)]
pub(super) enum ActivityDefault {
    ControlledByParent,
    /// Salesforce's "Private": who reads the parent reads the activity; only owner and above write it.
    Private,
    /// A level for everybody.
    Public(AccessLevel),
}

/// Whose permission opens an object. Names of objects to look up permissions by are in lower case.
pub(super) enum PermissionRule {
    Everybody,
    /// All users but customers, partners and guests.
    Internal,
    /// `ObjectPermissions` rows about this very object.
    Own,
    /// Rows about any of these names of articles.
    Knowledge(Vec<String>),
    /// Rows of its own when the org has any, else those of this object (spelled as its describe).
    OwnOrParent(String),
    /// Rows of its own when the org has any, else everybody: Salesforce keeps no such rows.
    OwnOrEverybody,
}

pub(super) struct ObjectRule {
    pub name: String,
    pub lower_name: String,
    pub record: RecordRule,
    pub permission: PermissionRule,
    pub shares: Option<ShareTable>,
    pub team: Option<TeamTable>,
    /// Share rows of an account that say something about this object of the account's.
    pub account_shares: Option<ShareTable>,
}

impl ObjectRule {
    /// Objects with `IsPrivate` records, which only their owner and View All Data open.
    pub fn has_private_records(&self) -> bool {
        matches!(self.name.as_str(), "Opportunity" | "Event")
    }

    /// Does the object know field-level security, even where no permission set speaks of its fields?
    pub fn has_field_security(&self) -> bool {
        match &self.permission {
            PermissionRule::Own => true,
            PermissionRule::Knowledge(_) => matches!(self.record, RecordRule::Article),
            PermissionRule::OwnOrEverybody => matches!(self.record, RecordRule::Activity(_)),
            PermissionRule::OwnOrParent(_) => self.name == "OpportunityLineItem",
            PermissionRule::Everybody | PermissionRule::Internal => false,
        }
    }
}

/// The rules of every object in the schema, by its name.
pub(super) fn of_all_objects(org: &Org) -> HashMap<String, ObjectRule> {
    let objects = org.schema().objects();
    objects
        .map(|object| (object.name.clone(), rule_of(org, object)))
        .collect()
}

fn rule_of(org: &Org, object: &ObjectDescribe) -> ObjectRule {
    let schema = org.schema();
    let (record, permission) = special_rule(org, object).unwrap_or_else(|| {
        let record = business_rule(org.settings(), object);
        (record, PermissionRule::Own)
    });
    ObjectRule {
        name: object.name.clone(),
        lower_name: object.name.to_ascii_lowercase(),
        record,
        permission,
        shares: ShareTable::of(schema, object),
        team: TeamTable::of(schema, &object.name),
        account_shares: ShareTable::of_account_for(schema, object),
    }
}

/// The rules of objects that no setting of the org changes.
fn special_rule(org: &Org, object: &ObjectDescribe) -> Option<(RecordRule, PermissionRule)> {
    let name = object.name.as_str();
    if PUBLIC.contains(&name) {
        return Some((RecordRule::Open, PermissionRule::Everybody));
    }
    // The org's own furniture is no business data: every internal user reads it, as standard profiles
    // allow.
    if object.is_setup || SETUP.contains(&name) {
        return Some((RecordRule::Open, PermissionRule::Internal));
    }
    let or_everybody = PermissionRule::OwnOrEverybody;
    match name {
        "Task" | "Event" => {
            let default = activity_default(org.settings(), name);
            return Some((RecordRule::Activity(default), or_everybody));
        }
        "ContentDocument" | "ContentNote" => return Some((RecordRule::File, or_everybody)),
        "ContentVersion" => return Some((RecordRule::FileVersion, or_everybody)),
        "ContentDocumentLink" => return Some((RecordRule::FileLink, or_everybody)),
        "ContentWorkspace" => return Some((RecordRule::Open, or_everybody)),
        "PricebookEntry" => {
            let as_product = PermissionRule::OwnOrParent("Product2".to_owned());
            return Some((RecordRule::Open, as_product));
        }
        _ => {}
    }
    knowledge_rule(org.schema(), name)
        .or_else(|| listed_child(name))
        .or_else(|| satellite(org.schema(), object))
}

fn listed_child(name: &str) -> Option<(RecordRule, PermissionRule)> {
    let (_, fields, parent) = CHILDREN.iter().find(|(child, _, _)| *child == name)?;
    let permission = match parent {
        Some(parent) => PermissionRule::OwnOrParent((*parent).to_owned()),
        None => PermissionRule::OwnOrEverybody,
    };
    Some((first_parent(fields), permission))
}

fn first_parent(fields: &[&str]) -> RecordRule {
    RecordRule::FirstParent(fields.iter().map(|&field| field.to_owned()).collect())
}

/// Articles and what hangs on them: one permission opens all of it.
fn knowledge_rule(schema: &Schema, name: &str) -> Option<(RecordRule, PermissionRule)> {
    let record = match name {
        "KnowledgeArticle" => RecordRule::ArticleHead,
        "KnowledgeArticleVersion" => RecordRule::Article,
        "KnowledgeArticleViewStat" | "KnowledgeArticleVoteStat" => first_parent(&["ParentId"]),
        _ if is_article(name) => RecordRule::Article,
        _ => match name.split_once("__")?.1 {
            "ka" => RecordRule::ArticleHead,
            "DataCategorySelection" | "ViewStat" | "VoteStat" => first_parent(&["ParentId"]),
            _ => return None,
        },
    };
    let mut names = vec!["knowledgearticleversion".to_owned()];
    names.push(name.to_ascii_lowercase());
    if !is_article(name) {
        let articles = schema.objects().filter(|object| is_article(&object.name));
        names.extend(articles.map(|object| object.name.to_ascii_lowercase()));
    }
    Some((record, PermissionRule::Knowledge(names)))
}

/// `Knowledge__kav`, or whatever the org calls its articles.
pub(super) fn is_article(object: &str) -> bool {
    object.ends_with("__kav")
}

/// Share rows, team members, feeds and histories: they follow the record that they are about.
fn satellite(schema: &Schema, object: &ObjectDescribe) -> Option<(RecordRule, PermissionRule)> {
    let (owner, suffix) = ["TeamMember", "Share", "Feed", "History"]
        .iter()
        .find_map(|&suffix| Some((object.name.strip_suffix(suffix)?, suffix)))?;
    let owner = match owner.strip_suffix("__") {
        Some(custom) => format!("{custom}__c"),
        None => owner.to_owned(),
    };
    let owner = &schema.object(&owner)?.name;
    let own_field = format!("{owner}Id");
    let fields: Vec<&str> = ["ParentId", own_field.as_str()]
        .into_iter()
        .filter(|field| object.field(field).is_some())
        .collect();
    let is_satellite =
        !fields.is_empty() && (suffix != "Share" || object.field("UserOrGroupId").is_some());
    is_satellite.then(|| {
        let permission = PermissionRule::OwnOrParent(owner.clone());
        (first_parent(&fields), permission)
    })
}

/// The rule of an object that the organisation-wide defaults speak of, or could.
fn business_rule(settings: &OrgSettings, object: &ObjectDescribe) -> RecordRule {
    let masters = masters(object);
    let listed = default_access(settings, &object.name);
    if object.name == "Contract" {
        return first_parent(&["AccountId"]);
    }
    match listed {
        Some(DefaultAccess::Level(level)) => RecordRule::Shared(level),
        None if masters.is_empty() && object.field("OwnerId").is_none() => RecordRule::Open,
        None if masters.is_empty() => RecordRule::Shared(AccessLevel::Read),
        Some(DefaultAccess::ControlledByParent) if masters.is_empty() => {
            first_parent(usual_parent(object))
        }
        None | Some(DefaultAccess::ControlledByParent) => RecordRule::EveryMaster(masters),
    }
}

fn masters(object: &ObjectDescribe) -> Vec<String> {
    let fields = object.fields.iter();
    fields
        .filter(|field| field.relationship_order.is_some())
        .map(|field| field.name.clone())
        .collect()
}

/// The parent of a standard object that is controlled by one, though no master-detail field says so.
fn usual_parent(object: &ObjectDescribe) -> &'static [&'static str] {
    match object.name.as_str() {
        "Quote" => &["OpportunityId"],
        _ if object.field("AccountId").is_some() => &["AccountId"],
        _ => &["ParentId"],
    }
}

enum DefaultAccess {
    Level(AccessLevel),
    ControlledByParent,
}

fn default_access(settings: &OrgSettings, object: &str) -> Option<DefaultAccess> {
    let (_, access) = settings
        .default_access
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(object))?;
    Some(match access.as_str() {
        "ControlledByParent" => DefaultAccess::ControlledByParent,
        level => DefaultAccess::Level(level_named(level)),
    })
}

fn activity_default(settings: &OrgSettings, object: &str) -> ActivityDefault {
    match default_access(settings, object).or_else(|| default_access(settings, "Activity")) {
        None | Some(DefaultAccess::ControlledByParent) => ActivityDefault::ControlledByParent,
        Some(DefaultAccess::Level(AccessLevel::None)) => ActivityDefault::Private,
        Some(DefaultAccess::Level(level)) => ActivityDefault::Public(level),
    }
}

/// A level as organisation-wide defaults and share rows spell it; what is not known opens nothing.
pub(super) fn level_named(name: &str) -> AccessLevel {
    match name {
        "Read" => AccessLevel::Read,
        "Edit" | "ReadWrite" => AccessLevel::Edit,
        "ReadEditTransfer" | "ReadWriteTransfer" => AccessLevel::Transfer,
        "All" | "FullAccess" => AccessLevel::All,
        _ => AccessLevel::None,
    }
}
