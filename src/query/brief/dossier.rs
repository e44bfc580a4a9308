//! Everything that a brief is computed of: gathered once, as one viewer may read it now.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Months, NaiveDate, Utc};
use domain::{Document, DocumentRecord, Facet, RecordId};

use super::files::{Files, Pile, Wanted, before};
use super::value;
use crate::query::Error;

/// Records that a figure cites.
pub const MOST_CITED: usize = 50;
/// Deals, contracts and contacts that are read.
const MOST_READ: usize = 2_000;
/// Cases whose texts are read for the last words, promises and tone.
const RECENT_CASES: usize = 60;
/// Open cases and tasks that are shown.
const SHOWN: usize = 12;
/// Activities that are read.
const RECENT_ACTIVITIES: usize = 24;
/// Spans of days in which past activities are looked for, one behind the other: most accounts had
/// one this week, and a busy one has thousands a year.
const SPANS: [(u64, u64); 5] = [(0, 6), (7, 29), (30, 119), (120, 365), (366, 3_650)];
/// Days ahead in which meetings are looked for.
const AHEAD: u64 = 60;

/// The one moment of a brief.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub now: DateTime<Utc>,
    /// In UTC.
    pub today: NaiveDate,
    /// What came before is not news.
    pub since: Option<DateTime<Utc>>,
}

impl Clock {
    pub fn new(now: DateTime<Utc>, since: Option<DateTime<Utc>>) -> Self {
        Self {
            now,
            today: now.date_naive(),
            since,
        }
    }

    /// Days from a day until today; negative for one that is to come.
    pub fn age(&self, day: NaiveDate) -> i64 {
        (self.today - day).num_days()
    }

    /// Whether a day is within what the reader wants to know of.
    pub fn is_recent(&self, day: NaiveDate) -> bool {
        self.since.is_none_or(|since| day >= since.date_naive())
    }

    /// Whether it is news; nothing is without a `since`.
    pub fn is_new(&self, day: Option<NaiveDate>) -> bool {
        match (self.since, day) {
            (Some(since), Some(day)) => day >= since.date_naive(),
            (_, _) => false,
        }
    }
}

/// What was gathered. Lists of what the viewer may not read are empty.
pub struct Dossier {
    pub account: Document,
    pub parent: Option<Document>,
    pub deals: Deals,
    pub cases: Cases,
    pub activity: Activity,
    /// Whether these are all.
    pub contracts: (Vec<Document>, bool),
    pub people: Vec<Document>,
    /// The texts of cases and tasks that are cited or shown.
    texts: HashMap<RecordId, Document>,
}

#[derive(Default)]
pub struct Deals {
    pub open: Vec<Document>,
    /// Won in the last twelve months.
    pub won: Vec<Document>,
    pub is_complete: bool,
}

#[derive(Default)]
pub struct Cases {
    pub open: Pile,
    /// Without text, in no order.
    pub open_heads: Vec<Document>,
    pub escalated: Vec<RecordId>,
    /// In the last 90 days, and in the 90 before.
    pub opened: Pile,
    pub opened_before: Pile,
    pub closed: Pile,
    /// The open ones that are shown, in their order.
    pub first: Vec<RecordId>,
    /// With text, the latest changed first.
    pub recent: Vec<Document>,
    /// Whether `recent` has every case.
    pub has_all: bool,
}

#[derive(Default)]
pub struct Activity {
    pub open_tasks: Pile,
    /// Open and due before today; the longest first.
    pub overdue: Vec<RecordId>,
    /// Open tasks that are shown, by their days.
    pub first_tasks: Vec<RecordId>,
    /// Events that have begun and tasks that are done, the latest first.
    pub past: Vec<Document>,
    /// The same without text, also of those that are not read.
    pub past_heads: Vec<Document>,
    /// Events to come, the next first.
    pub coming: Vec<Document>,
    pub notes: Vec<Document>,
}

impl Dossier {
    /// Reads what hangs on the account.
    pub async fn gather(
        files: &Files<'_>,
        account: Document,
        clock: &Clock,
    ) -> Result<Self, Error> {
        let (deals, cases, activity, contracts, parent) = tokio::try_join!(
            deals(files, clock),
            cases(files, clock),
            activity(files, clock),
            every(files, "Contract"),
            parent(files, &account),
        )?;
        let texts = texts(files, &cases, &activity).await?;
        let people = people(files, &deals, &activity, &cases).await?;
        Ok(Self {
            account,
            parent,
            deals,
            cases,
            activity,
            contracts,
            people,
            texts,
        })
    }

    /// A case or a task that is cited or shown.
    pub fn text(&self, id: RecordId) -> Option<&Document> {
        self.texts.get(&id)
    }

    /// The emails of recent cases with their times, the latest first.
    pub fn emails(&self) -> Vec<(DateTime<Utc>, &Document, &DocumentRecord)> {
        let mut emails = Vec::new();
        for case in &self.cases.recent {
            for record in &case.records {
                if record.object == *"EmailMessage"
                    && let Some(time) = value::text_of(record, "MessageDate").and_then(value::time)
                {
                    emails.push((time, case, record));
                }
            }
        }
        emails.sort_by_key(|(time, _, record)| (std::cmp::Reverse(*time), record.record_id));
        emails
    }
}

async fn deals(files: &Files<'_>, clock: &Clock) -> Result<Deals, Error> {
    let year_ago = clock.today.checked_sub_months(Months::new(12));
    let open = Wanted::all("Opportunity").with(Facet::IS_CLOSED, "false");
    let won = Wanted::all("Opportunity")
        .with(Facet::IS_WON, "true")
        .on(year_ago.unwrap_or(clock.today), clock.today);
    let (open, won) = tokio::try_join!(files.pile(open), files.pile(won))?;
    let is_complete = open.is_complete
        && won.is_complete
        && open.ids.len() <= MOST_READ
        && won.ids.len() <= MOST_READ;
    let (open, won) = (first(&open.ids, MOST_READ), first(&won.ids, MOST_READ));
    Ok(Deals {
        open: files.documents(open).await?,
        won: files.documents(won).await?,
        is_complete,
    })
}

async fn every(files: &Files<'_>, object: &'static str) -> Result<(Vec<Document>, bool), Error> {
    let pile = files.pile(Wanted::all(object)).await?;
    let is_complete = pile.is_complete && pile.ids.len() <= MOST_READ;
    let documents = files.documents(first(&pile.ids, MOST_READ)).await?;
    Ok((documents, is_complete))
}

async fn parent(files: &Files<'_>, account: &Document) -> Result<Option<Document>, Error> {
    let Some(parent) = account.parents.account.filter(|id| *id != account.id) else {
        return Ok(None);
    };
    if !files.reads("Account", &["ParentId"]) {
        return Ok(None);
    }
    let readable = files.engine.access.confirm(files.viewer, &[parent]).await?;
    let ids: Vec<_> = readable.into_iter().collect();
    Ok(files.documents(&ids).await?.pop())
}

async fn cases(files: &Files<'_>, clock: &Clock) -> Result<Cases, Error> {
    let (quarter, half) = (before(clock.today, 90), before(clock.today, 180));
    let all = || Wanted::all("Case");
    let open = files.pile(all().with(Facet::IS_CLOSED, "false")).await?;
    let (opened, opened_before, closed, recent) = tokio::try_join!(
        files.pile(all().created(quarter, None)),
        files.pile(all().created(half, Some(quarter))),
        files.pile(
            all()
                .with(Facet::IS_CLOSED, "true")
                .on(quarter, clock.today)
        ),
        files.latest(all(), RECENT_CASES),
    )?;
    let open_heads = files.heads(&open.ids).await?;
    let is_escalated = |head: &&Document| value::facet(head, Facet::IS_ESCALATED) == Some("true");
    let escalated = open_heads.iter().filter(is_escalated);
    let escalated = escalated.map(|head| head.id).collect();
    Ok(Cases {
        first: most_pressing(&open_heads),
        open,
        open_heads,
        escalated,
        opened,
        opened_before,
        closed,
        recent: files.documents(&recent.ids).await?,
        has_all: recent.is_complete,
    })
}

/// Escalated ones first, then by priority, then the oldest.
fn most_pressing(heads: &[Document]) -> Vec<RecordId> {
    let mut ordered: Vec<_> = heads
        .iter()
        .map(|head| {
            let calm = value::facet(head, Facet::IS_ESCALATED) != Some("true");
            let priority = urgency(value::facet(head, "priority").unwrap_or_default());
            (calm, priority, head.created_at, head.id)
        })
        .collect();
    ordered.sort_unstable();
    let ids = ordered.into_iter().map(|(_, _, _, id)| id);
    ids.take(SHOWN).collect()
}

/// Where a priority stands among the usual ones, the most urgent first.
pub fn urgency(priority: &str) -> usize {
    let known = ["critical", "urgent", "high", "medium", "normal", "low"];
    let priority = priority.to_lowercase();
    let place = known.iter().position(|known| priority.contains(known));
    place.unwrap_or(known.len() - 2)
}

async fn activity(files: &Files<'_>, clock: &Clock) -> Result<Activity, Error> {
    let tasks = Wanted::all("Task").with(Facet::IS_CLOSED, "false");
    let notes = files.latest(Wanted::all("ContentNote"), 6);
    let (open_tasks, past_heads, coming, notes) = tokio::try_join!(
        files.pile(tasks),
        past(files, clock),
        coming(files, clock),
        notes
    )?;
    let heads = files.heads(&open_tasks.ids).await?;
    let mut dated: Vec<_> = heads
        .iter()
        .map(|head| (day_of(head).unwrap_or(NaiveDate::MAX), head.id))
        .collect();
    dated.sort_unstable();
    let overdue = dated.iter().filter(|(day, _)| *day < clock.today);
    let read: Vec<_> = past_heads.iter().map(|head| head.id).collect();
    let mut past = files.documents(first(&read, RECENT_ACTIVITIES)).await?;
    let starts = |event: &Document| value::text(event, "StartDateTime").and_then(value::time);
    past.retain(|activity| starts(activity).is_none_or(|time| time <= clock.now));
    Ok(Activity {
        overdue: overdue.map(|(_, id)| *id).collect(),
        first_tasks: dated.iter().map(|(_, id)| *id).take(SHOWN).collect(),
        open_tasks,
        past,
        past_heads,
        coming,
        notes: files.documents(&notes.ids).await?,
    })
}

/// The day that a record is about.
pub fn day_of(head: &Document) -> Option<NaiveDate> {
    value::date(value::facet(head, Facet::DAY)?)
}

/// Events that have begun and tasks that are done, without text, the latest first: from the nearest
/// span of days on that has enough of them.
async fn past(files: &Files<'_>, clock: &Clock) -> Result<Vec<Document>, Error> {
    let mut found = Vec::new();
    for (from, to) in SPANS {
        let (first, last) = (before(clock.today, to), before(clock.today, from));
        let events = files.pile(Wanted::all("Event").on(first, last));
        let tasks = Wanted::all("Task").with(Facet::IS_CLOSED, "true");
        let tasks = files.pile(tasks.on(first, last));
        let (events, tasks) = tokio::try_join!(events, tasks)?;
        found.extend(files.heads(&events.ids).await?);
        found.extend(files.heads(&tasks.ids).await?);
        if found.len() >= RECENT_ACTIVITIES {
            break;
        }
    }
    found.sort_by_cached_key(|head| (std::cmp::Reverse(day_of(head)), head.id));
    Ok(found)
}

async fn coming(files: &Files<'_>, clock: &Clock) -> Result<Vec<Document>, Error> {
    let last = clock.today + chrono::Days::new(AHEAD);
    let events = Wanted::all("Event").on(clock.today, last);
    let events = files.pile(events).await?;
    let mut heads = files.heads(&events.ids).await?;
    heads.sort_by_cached_key(|head| (day_of(head), head.id));
    let ids: Vec<_> = heads.iter().map(|head| head.id).collect();
    let mut coming = files.documents(first(&ids, SHOWN)).await?;
    let starts = |event: &Document| value::text(event, "StartDateTime").and_then(value::time);
    coming.retain(|event| starts(event).is_some_and(|time| time > clock.now));
    coming.sort_by_cached_key(|event| (starts(event), event.id));
    Ok(coming)
}

/// The contacts that matter most: with a role in an open deal, and those whom others talk to.
async fn people(
    files: &Files<'_>,
    deals: &Deals,
    activity: &Activity,
    cases: &Cases,
) -> Result<Vec<Document>, Error> {
    let contacts = files.pile(Wanted::all("Contact")).await?;
    let mut weight: BTreeMap<RecordId, usize> = BTreeMap::new();
    let talks = activity.past_heads.iter().chain(&cases.recent);
    for contact in talks.filter_map(|head| head.parents.contact) {
        *weight.entry(contact).or_default() += 1;
    }
    for (_, role) in deals.open.iter().flat_map(roles) {
        let contact = value::text_of(role, "ContactId").and_then(|id| RecordId::parse(id).ok());
        if let Some(contact) = contact {
            *weight.entry(contact).or_default() += 1_000;
        }
    }
    let mut ids = contacts.ids;
    ids.sort_by_key(|id| (std::cmp::Reverse(weight.get(id).copied()), *id));
    files.documents(first(&ids, SHOWN)).await
}

/// The roles of contacts in a deal.
pub fn roles(deal: &Document) -> impl Iterator<Item = (&Document, &DocumentRecord)> {
    let roles = deal.records.iter();
    roles
        .filter(|record| record.object == *"OpportunityContactRole")
        .map(move |record| (deal, record))
}

/// What is cited or shown of cases and tasks.
async fn texts(
    files: &Files<'_>,
    cases: &Cases,
    activity: &Activity,
) -> Result<HashMap<RecordId, Document>, Error> {
    let mut oldest: Vec<_> = cases.open_heads.iter().collect();
    oldest.sort_by_key(|head| (head.created_at, head.id));
    let oldest: Vec<_> = oldest.iter().take(1).map(|head| head.id).collect();
    let lists = [
        &cases.open.ids,
        &cases.escalated,
        &cases.opened.ids,
        &cases.opened_before.ids,
        &cases.closed.ids,
        &cases.first,
        &oldest,
        &activity.open_tasks.ids,
        &activity.overdue,
        &activity.first_tasks,
    ];
    let mut ids: Vec<RecordId> = lists
        .into_iter()
        .flat_map(|ids| first(ids, MOST_CITED))
        .copied()
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let documents = files.documents(&ids).await?;
    Ok(documents
        .into_iter()
        .map(|document| (document.id, document))
        .collect())
}

fn first(ids: &[RecordId], most: usize) -> &[RecordId] {
    &ids[..ids.len().min(most)]
}
